import type { AgentRecord } from "../engine/agent-record.ts";
import type { Engine } from "../engine/engine.ts";
import type { CoppiceError } from "../errors.ts";
import type { PermitDetails } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import type { JobReport, ModelOut } from "../wire/frame.ts";
import { isModule } from "../wire/providers.ts";
import type { ModelSpec } from "../wire/spec.ts";

interface Job {
  readonly node: Node;
  /** None yet where its agent, whose module it needs, waits for a host of its own. */
  readonly host: string | undefined;
  readonly begin: JobStart;
  /** Why it was ended: its budget does not cover what it turned out to need. */
  exceeded?: CoppiceError;
}

/** A job that may begin. */
export interface JobStart {
  readonly out: ModelOut;
  readonly model: ModelSpec;
  readonly maxTokens: number;
  readonly turn: number;
  /** As in a permit. */
  readonly about: PermitDetails;
}

/** Model calls that a host runs for an agent that lives elsewhere. */
export class ModelJobs {
  readonly #swarm: Engine;
  readonly #jobs = new Map<string, Job>();

  constructor(swarm: Engine) {
    this.#swarm = swarm;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): ReadonlyMap<string, unknown> {
    return this.#jobs;
  }

  /** Built-in models run where the keys are, a module's model where its agent lives. */
  start(node: Node, begin: JobStart): void {
    const { out, model, maxTokens, turn, about } = begin;
    const { places } = this.#swarm;
    const record = this.#swarm.recordOf(node);
    const { word, template } = record;
    const host = isModule(model) ? places.host(node.host) : places.pick("house");
    const { callId, job } = out;
    if (word === undefined || job === undefined) return;
    this.#jobs.set(callId, { node, host: host?.id, begin });
    record.jobs.add(callId);
    if (host === undefined) return;
    const item = { type: "job", callId, word, job, maxTokens, turn, ...about } as const;
    places.post(host, { ...item, template: template.id }, template);
  }

  /** The agent has a host: what waited for one begins there. */
  placed(node: Node, { jobs }: AgentRecord): void {
    for (const callId of jobs) {
      const job = this.#jobs.get(callId);
      if (job !== undefined && job.host === undefined) this.start(node, job.begin);
    }
  }

  /** Whose job a host speaks of; a job that is done is forgotten. */
  reported(host: string, { callId, type }: JobReport): Job | undefined {
    const job = this.#jobs.get(callId);
    if (job === undefined) return undefined;
    if (job.host !== host) {
      const { places } = this.#swarm;
      places.condemn(host, `it spoke of call ${callId}, which does not run there`);
      return undefined;
    }
    if (type === "done") this.#forget(callId, job);
    return job;
  }

  /** Ends the stream of a job that its budget does not cover. */
  exceed(callId: string, error: CoppiceError): void {
    const job = this.#jobs.get(callId);
    if (job === undefined) return;
    job.exceeded = error;
    this.#cancel(callId, job);
  }

  /** Those whose jobs run there. */
  on(host: string): readonly Node[] {
    return [...this.#jobs.values()].flatMap((job) => (job.host === host ? [job.node] : []));
  }

  /** Forgets the jobs of this run on a host that was lost. */
  takeLost(host: string): readonly { readonly node: Node; readonly callId: string }[] {
    const { tree } = this.#swarm.kernel;
    const lost = [...this.#jobs].filter(([, job]) => job.host === host && tree.has(job.node));
    return lost.map(([callId, job]) => {
      this.#forget(callId, job);
      return { node: job.node, callId };
    });
  }

  /** Forgets the jobs of an agent that is gone. */
  takeOf(record: AgentRecord): readonly { readonly callId: string; readonly began: boolean }[] {
    const own = [...record.jobs].map((callId) => {
      const began = this.#jobs.get(callId)?.host !== undefined;
      this.#jobs.delete(callId);
      return { callId, began };
    });
    record.jobs.clear();
    return own;
  }

  /** Aborts what runs for an agent; its reports still come. */
  abort({ jobs }: AgentRecord): void {
    for (const callId of jobs) this.#cancel(callId, this.#jobs.get(callId));
  }

  #cancel(callId: string, job: Job | undefined): void {
    const { places } = this.#swarm;
    const host = places.host(job?.host);
    if (host !== undefined) places.post(host, { type: "job.cancel", callId });
  }

  #forget(callId: string, { node }: Job): void {
    this.#jobs.delete(callId);
    this.#swarm.record(node.path)?.jobs.delete(callId);
  }
}
