import { CoppiceError } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Frame, FromHost, JobReport } from "../wire/frame.ts";
import { isFrame } from "../wire/frame-check.ts";
import type { Inspection } from "./inspection.ts";
import type { RunningCell } from "./running-cell.ts";
import type { AgentSeat } from "./seat.ts";
import type { Tenant } from "./tenant.ts";

/** Gathers what the agents of a host did in a tick, and sends it in one message. */
export class Flush {
  readonly #tenants: Map<string, Tenant>;
  readonly #cell: RunningCell;
  readonly #post: (message: FromHost) => void;
  readonly #schedule: (flush: () => void) => void;
  readonly #run = (): void => this.run();
  /** Where the supervisor is inspected. */
  inspection: Inspection | undefined;
  #scheduled = false;
  #touched = new Set<AgentSeat>();
  #jobs: JobReport[] = [];

  constructor(options: {
    readonly tenants: Map<string, Tenant>;
    readonly cell: RunningCell;
    readonly post: (message: FromHost) => void;
    readonly schedule: (flush: () => void) => void;
  }) {
    this.#tenants = options.tenants;
    this.#cell = options.cell;
    this.#post = options.post;
    this.#schedule = options.schedule;
  }

  touch(seat: AgentSeat): void {
    this.#touched.add(seat);
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

  run(): void {
    this.#scheduled = false;
    const [touched, jobs] = [this.#touched, this.#jobs];
    this.#touched = new Set();
    this.#jobs = [];
    const frames: Frame[] = [];
    for (const seat of touched) {
      const tenant = this.#tenants.get(seat.path);
      if (tenant?.seat !== seat) continue;
      // What a machine makes of its own state, and how it stops, is its code too.
      const before = this.#cell.enter(seat);
      frames.push(frameOf(tenant));
      if (seat.done) this.#forget(tenant);
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

  /** Something in it cannot be posted: by itself, so that it costs only whom it is of. */
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
        // What only tells of its progress is left out.
        if (job.type === "done") this.#post({ frames: [], jobs: [failed(job, thrown)] });
      }
    }
  }

  /** Announces that there is something to send at the end of this tick. */
  arm(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(this.#run);
  }

  #forget({ seat, resident }: Tenant): void {
    this.#tenants.delete(seat.path);
    seat.watched?.close();
    resident.drop();
  }
}

/** What an agent cannot even say, or nobody could keep, ends it, and nobody else on its host. */
function frameOf({ seat, resident }: Tenant): Frame {
  try {
    const frame = seat.frame(resident.moved());
    if (isFrame(frame)) return frame;
    throw new CoppiceError("RUNTIME_FAULT", `${seat.path} said what cannot be kept`);
  } catch (thrown) {
    const error = encodeError(thrown, "MACHINE_INVALID");
    seat.emit({ type: "done", end: { status: "failed", error } });
    return seat.frame({ busy: false });
  }
}

function lastFrame({ path, incarnation, upTo }: Frame, thrown: unknown): Frame {
  const error = encodeError(thrown, "MACHINE_INVALID");
  const end = { status: "failed", error } as const;
  return { path, incarnation, upTo, busy: false, out: [{ type: "done", end }] };
}

function failed(job: Extract<JobReport, { type: "done" }>, thrown: unknown): JobReport {
  return { ...job, result: { isError: true, error: encodeError(thrown, "MODEL_FAILED") } };
}
