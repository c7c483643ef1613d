/** The model of the editor: it judges the text that the lead gave it. */
import type { ModuleRequest } from "coppice";

export default function editor({ messages }: ModuleRequest): string {
  const numbers = String(messages[0]?.content).match(/\d+/g) ?? [];
  return `Print it: ${numbers.length} numbers in it (${numbers.join(", ")}).`;
}
