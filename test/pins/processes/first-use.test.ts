import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = `
import { registerHooks } from "node:module";
const packages = new Set();
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const [, name] = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(found.url) ?? [];
    if (name !== undefined) packages.add(name);
    return found;
  },
});
const { defineTool, Supervisor } = await import("coppice");
const told = [[...packages]];
const supervisor = await Supervisor.start({ threads: 0 });
told.push([...packages]);
await supervisor.stop();
defineTool({ name: "a", description: "", input: { type: "object" }, execute: () => 1 });
told.push([...packages]);
process.stdout.write(JSON.stringify(told));
`;

it("the import of the package loads no other; each is loaded at its first use", async () => {
  const args = ["--conditions=coppice-source", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [imported, started, defined] = JSON.parse(stdout) as string[][];
  expect(imported).toEqual([]);
  expect(started).toContain("xstate");
  expect(started).not.toContain("ajv");
  expect(started).not.toContain("@anthropic-ai/sdk");
  expect(started).not.toContain("@modelcontextprotocol/sdk");
  expect(started).not.toContain("ws");
  expect(defined).toContain("ajv");
});
