import type { Host } from "../hosts/host.ts";
import { type Printed, PrintGate, type PrintNote } from "../wire/printed.ts";
import type { Engine } from "./engine.ts";

/**
 * Tells of what users' code prints as `agent.printed`: it reaches no output of the program.
 *
 * **Guarantees** each host and thread is bounded by itself, whatever it claims to have printed.
 */
export class Prints {
  readonly #swarm: Engine;
  readonly #gates = new Map<string, PrintGate>();

  constructor(swarm: Engine) {
    this.#swarm = swarm;
  }

  /** A host is believed only of agents that live on it. */
  ofHost(host: Host, { path = "/", incarnation, ...print }: PrintNote): void {
    const { id, resident } = host;
    if (resident !== undefined) return this.#tell(id, print, resident.path);
    const node = this.#swarm.kernel.find(path);
    const isThere = node?.host === id && node.incarnation === incarnation;
    this.#tell(id, print, isThere ? path : "/");
  }

  ofThread(thread: string, print: Printed, path = "/"): void {
    this.#tell(thread, print, path);
  }

  /** Nothing is heard of it any more. */
  forget(host: string): void {
    this.#gates.delete(host);
  }

  #tell(host: string, print: Printed, path: string): void {
    const { inbox, clock } = this.#swarm;
    const gate = this.#gates.get(host) ?? new PrintGate();
    this.#gates.set(host, gate);
    const passed = gate.pass(print, clock.now());
    if (passed === undefined) return;
    inbox.post({ type: "told", fact: "agent.printed", path, body: { ...passed, host } });
  }
}
