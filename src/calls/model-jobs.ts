import type { AgentRecord } from "../engine/agent-record.ts";
import type { Engine } from "../engine/engine.ts";
import type { CoppiceError } from "../errors.ts";
import type { PermitDetails } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import type { JobReport, ModelCommand } from "../wire/frame.ts";
import { isModule } from "../wire/providers.ts";
import type { ModelSpec } from "../wire/spec.ts";

const NONE: ReadonlySet<string> = new Set();

interface Job {
  readonly node: Node;
  /** Undefined while the agent waits for a host of its own, which the module of its model needs. */
  readonly host: string | undefined;
  readonly begin: JobStart;
  /** The reason why the job was ended: its budget does not cover what it turned out to need. */
  exceeded?: CoppiceError;
}

/** A job that may begin. */
export interface JobStart {
  readonly command: ModelCommand;
  readonly model: ModelSpec;
  readonly maxTokens: number;
  readonly turn: number;
  /** The details, as in a permit. */
  readonly about: PermitDetails;
}

/** Model calls that a host runs for an agent on another host. */
export class ModelJobs {
  readonly #swarm: Engine;
  readonly #jobs = new Map<string, Job>();

  constructor(swarm: Engine) {
    this.#swarm = swarm;
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): ReadonlyMap<string, unknown> {
    return this.#jobs;
  }

  /**
   * Starts a job: a built-in model runs on a library host, where the keys are, and a module's model
   * runs on the host of its agent.
   */
  start(node: Node, begin: JobStart): void {
    const { command, model, maxTokens, turn, about } = begin;
    const { router } = this.#swarm;
    const record = this.#swarm.recordOf(node);
    const { cancelFlag, template } = record;
    const host = isModule(model) ? router.host(node.host) : router.pick("library");
    const { callId, job } = command;
    if (cancelFlag === undefined || job === undefined) return;
    this.#jobs.set(callId, { node, host: host?.id, begin });
    record.jobs ??= new Set();
    record.jobs.add(callId);
    if (host === undefined) return;
    const item = { type: "job", callId, cancelFlag, job, maxTokens, turn, ...about } as const;
    router.post(host, { ...item, template: template.id }, template);
  }

  /** Starts the jobs of an agent that waited for a host, now that the agent has one. */
  placed(node: Node, { jobs }: AgentRecord): void {
    for (const callId of jobs ?? NONE) {
      const job = this.#jobs.get(callId);
      if (job !== undefined && job.host === undefined) this.start(node, job.begin);
    }
  }

  /**
   * Returns the job that a host reports on; a job that is done is forgotten. Terminates a host that
   * reports on a job of another host.
   */
  reported(host: string, { callId, type }: JobReport): Job | undefined {
    const job = this.#jobs.get(callId);
    if (job === undefined) return undefined;
    if (job.host !== host) {
      const { router } = this.#swarm;
      router.terminate(host, `it spoke of call ${callId}, which does not run there`);
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

  /** Returns the agents whose jobs run on a host. */
  on(host: string): readonly Node[] {
    return [...this.#jobs.values()].flatMap((job) => (job.host === host ? [job.node] : []));
  }

  /** Forgets the jobs of this run on a host that was lost, and returns them. */
  takeLost(host: string): readonly { readonly node: Node; readonly callId: string }[] {
    const { tree } = this.#swarm.kernel;
    const lost = [...this.#jobs].filter(([, job]) => job.host === host && tree.has(job.node));
    return lost.map(([callId, job]) => {
      this.#forget(callId, job);
      return { node: job.node, callId };
    });
  }

  /** Forgets the jobs of an agent that is gone, and returns them. */
  takeOf(record: AgentRecord): readonly { readonly callId: string; readonly began: boolean }[] {
    const own = [...(record.jobs ?? NONE)].map((callId) => {
      const began = this.#jobs.get(callId)?.host !== undefined;
      this.#jobs.delete(callId);
      return { callId, began };
    });
    record.jobs = undefined;
    return own;
  }

  /** Aborts the jobs of an agent; their reports still arrive. */
  abort({ jobs }: AgentRecord): void {
    for (const callId of jobs ?? NONE) this.#cancel(callId, this.#jobs.get(callId));
  }

  #cancel(callId: string, job: Job | undefined): void {
    const { router } = this.#swarm;
    const host = router.host(job?.host);
    if (host !== undefined) router.post(host, { type: "job.cancel", callId });
  }

  #forget(callId: string, { node }: Job): void {
    this.#jobs.delete(callId);
    this.#swarm.record(node.path)?.jobs?.delete(callId);
  }
}
