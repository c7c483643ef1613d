import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("threads/busy.ts", import.meta.url));

/** Resolves when so many processes are at work, each as much as a core can. */
export async function keepBusy(processes: number): Promise<Disposable> {
  const children = Array.from({ length: processes }, () => fork(program, { execArgv: [] }));
  await Promise.all(children.map((child) => once(child, "message")));
  return {
    [Symbol.dispose]() {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}
