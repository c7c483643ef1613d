import { isDeepStrictEqual } from "node:util";
import { createActor, type InspectionEvent } from "xstate";
import {
  type CapabilityAnswer,
  type CapabilityAsk,
  type CapabilityLayer,
  type CapabilityRequest,
  type CapabilityState,
  type CapabilitySummary,
  type CapabilityVerdict,
  capabilityLogic,
  type GivenYes,
  mayEver,
  saveCapability,
} from "../../machines/capability/capability.ts";
import { askDecider } from "../../machines/decider.ts";
import type { Json } from "../wire/json.ts";
import type { Grant } from "../wire/spec.ts";
import { readGrants } from "./grant-options.ts";
import { narrowed, supervisorGrants } from "./implied-grants.ts";
import { readArguments } from "./read-arguments.ts";
import { type Asking, asking, askingAnew, denied, type Refused, type SaidYes } from "./verdict.ts";

export interface RightsOptions {
  /** Rights of the whole tree. Default `tool:*`, `model:*`, `spawn:*` and `message:*`. */
  readonly grants?: readonly Grant[] | undefined;
  /** What the workspace allows: both must. */
  readonly workspaceGrants?: readonly Grant[] | undefined;
  /** The time of the first request, in milliseconds. Default 0. */
  readonly now?: number | undefined;
  readonly inspect?: (event: InspectionEvent) => void;
  /** How something is read that may be another time another, such as where a path leads. */
  readonly look?: <Seen>(to: string, look: () => Seen) => Seen;
}

/** One thing that an agent wants to do. */
export interface Wish extends Omit<CapabilityAsk, "facts"> {
  /** Of a tool call: where its arguments are. */
  readonly input?: Json | undefined;
  /** Of a tool call that a person has allowed: what the tool was to be given then. */
  readonly allowed?: Json | undefined;
}

/** A right that holds now; {@link Rights.take} counts it. */
export interface Permitted {
  readonly status: "permitted";
  /** The input in canonical form, where a grant looked at its arguments. */
  readonly input?: Json;
  /** What is counted once the whole request is granted. */
  readonly counts?: CapabilityAsk;
}

type Remembered = Omit<GivenYes, "where"> & SaidYes;
type Layer = readonly Grant[];

const ROOT = "/";
const PERMITTED: Permitted = { status: "permitted" };

/** The other half of the door: the capability actor, and what its questions need from outside. */
export class Rights {
  /** The shared actor: each decision is an event of it, answered at once. */
  readonly #actor;
  readonly #state: CapabilityState;
  /** Calls that have begun and are asked for once more: what they were counted on stays used. */
  readonly #kept = new Set<string>();
  readonly #layers = new WeakMap<Layer, CapabilityLayer>();
  readonly #look: NonNullable<RightsOptions["look"]>;
  #now: number;
  /** The furthest that the date was ever ahead of what has passed. */
  #ahead = Number.NEGATIVE_INFINITY;

  constructor({ grants, workspaceGrants, now = 0, inspect, look }: RightsOptions) {
    this.#look = look ?? ((_to, see) => see());
    const own = [supervisorGrants(grants)];
    if (workspaceGrants !== undefined) own.push(narrowed(workspaceGrants));
    const layers = own.map((layer) => readGrants(layer, ROOT));
    const watch = inspect === undefined ? {} : { inspect };
    this.#now = now;
    const input = { node: ROOT, layers, now };
    this.#actor = createActor(capabilityLogic, { id: "capability", input, ...watch });
    this.#state = this.#actor.start().getSnapshot().state;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const [capability, kept] = [saveCapability(this.#state), this.#kept];
    return { capability, kept, ahead: this.#ahead };
  }

  /**
   * Sets the time of what follows. A right that was given for a time goes by the date and by what
   * has passed: it lapses while a computer sleeps, and a clock that is set back lengthens nothing.
   */
  at(wall: number, now: number): void {
    this.#ahead = Math.max(this.#ahead, wall - now);
    this.#now = now + this.#ahead;
  }

  /** Fails with `OPTIONS_INVALID` for grants that cannot be read. */
  read(layers: readonly Layer[], path: string): readonly CapabilityLayer[] {
    return layers.map((layer) => this.#read(layer, path));
  }

  open(node: string, parent: string, layers: readonly CapabilityLayer[]): void {
    this.#decide({ type: "open", node, parent, layers, now: this.#now });
  }

  close(node: string): void {
    this.#decide({ type: "close", node });
  }

  /** Whether it may, now; counts nothing. */
  ask(wish: Wish): Permitted | Asking | Refused {
    const answer = this.#decide(wish);
    if (answer.status === "permitted") return PERMITTED;
    if (answer.status === "denied") return denied(wish.node, answer);
    if (answer.status === "ask") return asking(wish.node, answer);
    const { input = null, allowed, ...plain } = wish;
    const read = this.#look("arguments", () => readArguments(answer.wanted, input));
    const changed = read.input === input ? {} : { input: read.input };
    const full = { ...plain, facts: { now: this.#now, arguments: read.arguments } };
    const isOther = allowed !== undefined && !isDeepStrictEqual(read.input, allowed);
    const verdict = this.#decide(isOther ? { ...full, approved: false } : full);
    if (verdict.status === "denied") return denied(wish.node, verdict);
    // Also where a rule allows by itself what it would be now: the person has seen something else.
    if (isOther) {
      const anew = askingAnew(wish);
      const asked = verdict.status === "ask" ? asking(wish.node, verdict) : {};
      return { ...anew, ...asked, reason: anew.reason, ...changed };
    }
    if (verdict.status === "ask") return { ...asking(wish.node, verdict), ...changed };
    const counts = verdict.status === "permitted" && verdict.counts ? { counts: full } : {};
    return { status: "permitted", ...changed, ...counts };
  }

  /** Counts what was permitted, at every node of the path at once. */
  take({ counts }: Permitted): void {
    if (counts !== undefined) this.#decide({ ...counts, type: "use" });
  }

  /** The call is asked for once more: its uses are not counted again. */
  keep(key: string): void {
    if (this.#state.counted.has(key)) this.#kept.add(key);
  }

  /** The call is over; one that never `started` gets its uses back. */
  release(key: string, started: boolean): void {
    if (this.#state.counted.size === 0) return;
    const begun = this.#kept.delete(key);
    this.#decide({ type: "release", key, started: started || begun });
  }

  grant(node: string, grant: Grant): void {
    for (const read of readGrants([grant], node)) {
      this.#decide({ type: "grant", node, grant: read, now: this.#now });
    }
  }

  revoke(node: string, pattern: string): void {
    for (const read of readGrants([pattern], node)) {
      this.#decide({ type: "grant", node, grant: { ...read, effect: "revoke" } });
    }
  }

  /** Takes note that a person has allowed this subject to a node, or to all below it. */
  remember(node: string, { wheres = [""], ...answered }: Remembered): void {
    for (const where of wheres) {
      if (where === null) continue;
      this.#decide({ type: "remember", node, ...answered, where });
    }
  }

  /** Whether a node may ever use it, for some arguments and at some time. */
  mayEver(node: string, subject: string): boolean {
    return mayEver(this.#state, { node, subject });
  }

  /** The same for a node that would be opened with these layers. */
  mightEver(parent: string, layers: readonly Layer[], subject: string): boolean {
    return mayEver(this.#state, { parent, layers: this.read(layers, parent), subject });
  }

  /** What the actor's observers see. */
  summary(): CapabilitySummary {
    return this.#actor.getSnapshot().context;
  }

  #decide(
    request: CapabilityAsk | (Omit<CapabilityAsk, "type"> & { readonly type: "use" }),
  ): CapabilityVerdict;
  #decide(request: CapabilityRequest): CapabilityAnswer;
  #decide(request: CapabilityRequest): CapabilityAnswer {
    return askDecider(this.#actor, request);
  }

  #read(layer: Layer, path: string): CapabilityLayer {
    let read = this.#layers.get(layer);
    if (read !== undefined) return read;
    read = readGrants(layer, path);
    // Only a list that cannot change may be remembered.
    if (Object.isFrozen(layer)) this.#layers.set(layer, read);
    return read;
  }
}
