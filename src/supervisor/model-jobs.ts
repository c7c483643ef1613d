import type { Host } from "../hosts/host.ts";
import type { Node } from "../kernel/node.ts";
import type { JobReport, ModelOut } from "../wire/frame.ts";
import type { ModelSpec } from "../wire/spec.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { Swarm } from "./swarm.ts";

interface Job {
  readonly node: Node;
  readonly host: string;
}

/** A job that may begin. */
export interface JobStart {
  readonly out: ModelOut;
  readonly model: ModelSpec;
  /** Of the model among those of its agent. */
  readonly index: number;
  readonly maxTokens: number;
  readonly turn: number;
}

/** Model calls that a host runs for an agent that lives elsewhere. */
export class ModelJobs {
  readonly #swarm: Swarm;
  readonly #jobs = new Map<string, Job>();

  constructor(swarm: Swarm) {
    this.#swarm = swarm;
  }

  /** Built-in models run where the keys are, a module's model where its agent lives. */
  start(node: Node, { out, model, index, maxTokens, turn }: JobStart): void {
    const { places } = this.#swarm;
    const record = this.#swarm.recordOf(node);
    const { word, template } = record;
    const isModule = model.provider.startsWith("file:");
    const host = isModule ? places.host(node.host) : places.pick("house");
    const { callId, job } = out;
    if (host === undefined || word === undefined || job === undefined) return;
    this.#jobs.set(callId, { node, host: host.id });
    record.jobs.add(callId);
    const which = index === 0 ? {} : { model: index };
    const item = { type: "job", callId, word, job, maxTokens, turn, ...which } as const;
    places.post(host, { ...item, template: template.id }, template);
  }

  /** Whose job a host speaks of; a job that is done is forgotten. */
  reported(host: Host, { callId, type }: JobReport): Node | undefined {
    const job = this.#jobs.get(callId);
    if (job === undefined) return undefined;
    if (job.host !== host.id) {
      host.condemn(`it spoke of call ${callId}, which does not run there`);
      return undefined;
    }
    if (type === "done") this.#forget(callId, job);
    return job.node;
  }

  /** Forgets the jobs of a host that was lost. */
  takeLost(host: string): readonly { readonly node: Node; readonly callId: string }[] {
    const lost = [...this.#jobs].filter(([, job]) => job.host === host);
    return lost.map(([callId, job]) => {
      this.#forget(callId, job);
      return { node: job.node, callId };
    });
  }

  /** Forgets the jobs of an agent that is gone. */
  takeOf(record: AgentRecord): readonly string[] {
    const own = [...record.jobs];
    for (const callId of own) this.#jobs.delete(callId);
    record.jobs.clear();
    return own;
  }

  /** Aborts what runs for an agent; its reports still come. */
  abort({ jobs }: AgentRecord): void {
    const { places } = this.#swarm;
    for (const callId of jobs) {
      const host = places.host(this.#jobs.get(callId)?.host);
      if (host !== undefined) places.post(host, { type: "job.cancel", callId });
    }
  }

  #forget(callId: string, { node }: Job): void {
    this.#jobs.delete(callId);
    this.#swarm.record(node.path)?.jobs.delete(callId);
  }
}
