import type { Host } from "../hosts/host.ts";
import { type Printed, PrintGate, type PrintNote } from "../wire/printed.ts";
import type { Engine } from "./engine.ts";

/**
 * Reports the prints of user code as `agent.printed`; they reach no output of the program.
 *
 * **Guarantees** each host and thread is bounded by itself, whatever it claims to have printed.
 */
export class Prints {
  readonly #swarm: Engine;
  readonly #gates = new Map<string, PrintGate>();

  constructor(swarm: Engine) {
    this.#swarm = swarm;
  }

  /** Reports a print of a host, which is believed only about agents that live on it. */
  ofHost(host: Host, { path = "/", incarnation, ...print }: PrintNote): void {
    const { id, soleAgent } = host;
    if (soleAgent !== undefined) return this.#tell(id, print, soleAgent.path);
    const node = this.#swarm.kernel.find(path);
    const isThere = node?.host === id && node.incarnation === incarnation;
    this.#tell(id, print, isThere ? path : "/");
  }

  /** Reports a print of a thread that is no host. */
  ofThread(thread: string, print: Printed, path = "/"): void {
    this.#tell(thread, print, path);
  }

  /** Forgets a host that has ended. */
  forget(host: string): void {
    this.#gates.delete(host);
  }

  #tell(host: string, print: Printed, path: string): void {
    const { inbox, clock } = this.#swarm;
    const gate = this.#gates.get(host) ?? new PrintGate();
    this.#gates.set(host, gate);
    const passed = gate.pass(print, clock.now());
    if (passed === undefined) return;
    inbox.post({ type: "report", fact: "agent.printed", path, body: { ...passed, host } });
  }
}
