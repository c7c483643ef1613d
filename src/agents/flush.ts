import { CoppiceError } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Frame, FromHost, JobReport } from "../wire/frame.ts";
import { isFrame } from "../wire/frame-check.ts";
import { FULL_MESSAGE } from "../wire/message-text.ts";
import type { HostedAgent } from "./hosted-agent.ts";
import type { Inspection } from "./inspection.ts";
import type { RunningCell } from "./running-cell.ts";

/** Collects what the agents of a host did in a tick, and sends it in one message. */
export class Flush {
  readonly #agents: Map<string, HostedAgent>;
  readonly #cell: RunningCell;
  readonly #post: (message: FromHost) => void;
  readonly #schedule: (flush: () => void) => void;
  readonly #run = (): void => this.run();
  /** Collects inspection notes; undefined while the supervisor is not inspected. */
  inspection: Inspection | undefined;
  #scheduled = false;
  #touched = new Set<HostedAgent>();
  #jobs: JobReport[] = [];

  constructor(options: {
    readonly agents: Map<string, HostedAgent>;
    readonly cell: RunningCell;
    readonly post: (message: FromHost) => void;
    readonly schedule: (flush: () => void) => void;
  }) {
    this.#agents = options.agents;
    this.#cell = options.cell;
    this.#post = options.post;
    this.#schedule = options.schedule;
  }

  touch(agent: HostedAgent): void {
    this.#touched.add(agent);
    this.arm();
  }

  report(report: JobReport): void {
    const last = this.#jobs.at(-1);
    const goesOn =
      last?.type === "output" && report.type === "output" && last.callId === report.callId;
    if (goesOn) this.#jobs[this.#jobs.length - 1] = { ...last, text: last.text + report.text };
    else this.#jobs.push(report);
    this.arm();
  }

  /** Sends what is there if it makes a full message, so that the supervisor begins with it. */
  runFull(): void {
    if (this.#touched.size >= FULL_MESSAGE) this.run();
  }

  run(): void {
    this.#scheduled = false;
    const [touched, jobs] = [this.#touched, this.#jobs];
    this.#touched = new Set();
    this.#jobs = [];
    const frames: Frame[] = [];
    for (const agent of touched) {
      if (this.#agents.get(agent.path) !== agent) continue;
      // Persisting a machine's state and stopping the machine run the agent's own code too.
      const before = this.#cell.enter(agent);
      frames.push(frameOf(agent));
      if (agent.done) this.#forget(agent);
      this.#cell.leave(before);
    }
    const inspection = this.inspection?.take() ?? [];
    if (frames.length === 0 && jobs.length === 0 && inspection.length === 0) return;
    const said = {
      frames,
      ...(jobs.length === 0 ? {} : { jobs }),
      ...(inspection.length === 0 ? {} : { inspection }),
    };
    try {
      this.#post(said);
    } catch {
      this.#postSingly(said);
    }
  }

  /**
   * Sends each part by itself, so that a part that cannot be posted costs only its own agent or
   * call. Inspection notes are left out.
   */
  #postSingly({ frames, jobs = [] }: FromHost): void {
    for (const frame of frames) {
      try {
        this.#post({ frames: [frame] });
      } catch (thrown) {
        this.#post({ frames: [lastFrame(frame, thrown)] });
      }
    }
    for (const job of jobs) {
      try {
        this.#post({ frames: [], jobs: [job] });
      } catch (thrown) {
        // A report that only tells of progress is dropped.
        if (job.type === "done") this.#post({ frames: [], jobs: [failed(job, thrown)] });
      }
    }
  }

  /** Schedules a flush at the end of this tick. */
  arm(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(this.#run);
  }

  #forget(agent: HostedAgent): void {
    this.#agents.delete(agent.path);
    agent.watched?.close();
    agent.drop();
  }
}

/** Returns the frame of an agent. A frame that cannot be made or kept ends that agent alone. */
function frameOf(agent: HostedAgent): Frame {
  try {
    const frame = agent.frame(agent.moved());
    if (isFrame(frame)) return frame;
    throw new CoppiceError("RUNTIME_FAULT", `${agent.path} said what cannot be kept`);
  } catch (thrown) {
    const error = encodeError(thrown, "MACHINE_INVALID");
    agent.emit({ type: "done", end: { status: "failed", error } });
    return agent.frame({ busy: false });
  }
}

function lastFrame({ path, incarnation, upTo }: Frame, thrown: unknown): Frame {
  const error = encodeError(thrown, "MACHINE_INVALID");
  const end = { status: "failed", error } as const;
  return { path, incarnation, upTo, busy: false, commands: [{ type: "done", end }] };
}

function failed(job: Extract<JobReport, { type: "done" }>, thrown: unknown): JobReport {
  return { ...job, result: { isError: true, error: encodeError(thrown, "MODEL_FAILED") } };
}
