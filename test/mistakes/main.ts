// Makes each mistake and prints what a user reads: `npm run mistakes`.
import { CoppiceError } from "../../src/errors.ts";
import { mistakes } from "./mistakes.ts";

let silent = 0;
for (const { what, make } of mistakes) {
  let said = "NOTHING WAS SAID";
  try {
    await make();
    silent += 1;
  } catch (thrown) {
    const isOurs = thrown instanceof CoppiceError;
    said = isOurs ? `${thrown.code}: ${thrown.message}` : `NOT OURS: ${thrown}`;
    if (!isOurs) silent += 1;
  }
  process.stdout.write(`${what}\n    ${said.replaceAll("\n", "\n    ")}\n`);
}
process.stdout.write(`${mistakes.length} mistakes, ${silent} without an error of ours\n`);
process.exitCode = silent === 0 ? 0 : 1;
