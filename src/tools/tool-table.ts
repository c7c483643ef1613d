import { CoppiceError } from "../errors.ts";
import { isTool, type Tool } from "./tool.ts";

/**
 * Returns the embedder's own tools by name. Fails with `OPTIONS_INVALID` for a value that is no
 * tool.
 */
export function toolTable(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const table = new Map<string, Tool>();
  for (const [index, tool] of tools.entries()) {
    if (!isTool(tool)) {
      throw new CoppiceError("OPTIONS_INVALID", `tools[${index}] was not made by \`defineTool\`.`);
    }
    if (table.has(tool.name)) {
      throw new CoppiceError("OPTIONS_INVALID", `Two tools are named "${tool.name}".`);
    }
    table.set(tool.name, tool);
  }
  return table;
}
