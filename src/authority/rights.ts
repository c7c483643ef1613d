import { isDeepStrictEqual } from "node:util";
import { createActor, type InspectionEvent } from "xstate";
import {
  type CapabilityAnswer,
  type CapabilityCheck,
  type CapabilityLayer,
  type CapabilityRemember,
  type CapabilityRemembered,
  type CapabilityRequest,
  type CapabilityState,
  type CapabilitySummary,
  type CapabilityUse,
  type CapabilityVerdict,
  capabilityLogic,
  type Facts,
  type GivenYes,
  keysOf,
  type MayEver,
  mayEver,
  saveCapability,
  saveCapabilityOf,
} from "../../machines/capability/capability.ts";
import { askDecider } from "../../machines/decider.ts";
import type { Json } from "../wire/json.ts";
import type { Grant } from "../wire/spec.ts";
import { readGrants } from "./grant-options.ts";
import { narrowed, supervisorGrants } from "./implied-grants.ts";
import { readArguments } from "./read-arguments.ts";
import { type Shared, WHOLE } from "./shared.ts";
import { type Asking, asking, askingAnew, denied, type Refused, type SaidYes } from "./verdict.ts";

export interface RightsOptions {
  /** Rights of the whole tree. Default `tool:*`, `model:*`, `spawn:*` and `message:*`. */
  readonly grants?: readonly Grant[] | undefined;
  /** The grants of the folder; both lists must allow. */
  readonly folderGrants?: readonly Grant[] | undefined;
  /** The time of the first request, in milliseconds. Default 0. */
  readonly now?: number | undefined;
  readonly inspect?: (event: InspectionEvent) => void;
  /** Reads something that may differ at another time, such as the target of a path. */
  readonly look?: <Seen>(to: string, look: () => Seen) => Seen;
  /** Default: the rights of all runs are in this process. */
  readonly shared?: Shared | undefined;
}

/** An agent's request for a right. */
export interface Wish extends Omit<CapabilityCheck, "facts"> {
  /** The arguments of a tool call. */
  readonly input?: Json | undefined;
  /** The input that a person allowed, for a tool call with `approved`. */
  readonly allowed?: Json | undefined;
}

/** A right that applies now; {@link Rights.take} counts it. */
export interface Permitted {
  readonly status: "permitted";
  /** The input in canonical form, where a grant looked at its arguments. */
  readonly input?: Json;
  /** The request to count once all of it is granted. */
  readonly counts?: CountedCheck;
}

type CountedCheck = CapabilityCheck & { readonly facts: Facts };
/** A verdict with the time that decided which grants had expired, and so which one is counted. */
type Counted = CapabilityVerdict & { readonly now: number };
type Given<Answer> = { readonly given?: Answer };

type Remembered = Omit<GivenYes, "where"> & SaidYes;
type Layer = readonly Grant[];

const ROOT = "/";
const PERMITTED: Permitted = { status: "permitted" };
const NOTHING = {};

/** The rights half of the door: the capability actor, and the facts that its answers depend on. */
export class Rights {
  /** The shared actor: each decision is an event, which is answered at once. */
  readonly #actor;
  readonly #state: CapabilityState;
  /** Calls that have begun and are retried; the uses that were counted for them stay used. */
  readonly #kept = new Set<string>();
  readonly #layers = new WeakMap<Layer, CapabilityLayer>();
  readonly #look: NonNullable<RightsOptions["look"]>;
  readonly #shared: Shared;
  #now: number;
  /** The most that the date was ever ahead of the monotonic time. */
  #ahead = Number.NEGATIVE_INFINITY;

  constructor(options: RightsOptions) {
    const { grants, folderGrants, now = 0, inspect, look, shared = WHOLE } = options;
    this.#look = look ?? ((_to, see) => see());
    this.#shared = shared;
    const own = [supervisorGrants(grants)];
    if (folderGrants !== undefined) own.push(narrowed(folderGrants));
    const layers = own.map((layer) => readGrants(layer, ROOT));
    const watch = inspect === undefined ? {} : { inspect };
    this.#now = now;
    const input = { node: ROOT, layers, now };
    this.#actor = createActor(capabilityLogic, { id: "capability", input, ...watch });
    this.#state = this.#actor.start().getSnapshot().state;
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): object {
    const [capability, kept] = [saveCapability(this.#state), this.#kept];
    return { capability, kept, ahead: this.#ahead };
  }

  /** Returns the state of one run. */
  savedOf(run: string): object {
    return { ...saveCapabilityOf(this.#state, run), kept: keysOf(this.#kept, run) };
  }

  /**
   * Sets the time of the following requests. A right with an expiry follows both the date and the
   * monotonic time: it expires while a computer sleeps, and a clock that is set back does not
   * extend it.
   */
  at(wall: number, now: number): void {
    this.#ahead = Math.max(this.#ahead, wall - now);
    this.#now = now + this.#ahead;
  }

  /** Reads lists of grants. Fails with `OPTIONS_INVALID` for grants that cannot be read. */
  read(layers: readonly Layer[], path: string): readonly CapabilityLayer[] {
    return layers.map((layer) => this.#read(layer, path));
  }

  open(node: string, parent: string, layers: readonly CapabilityLayer[]): void {
    this.#decide({ type: "open", node, parent, layers, now: this.#since(layers) });
  }

  close(node: string): void {
    this.#decide({ type: "close", node });
  }

  /** Checks a right as of now; counts nothing. */
  ask(wish: Wish): Permitted | Asking | Refused {
    const answer = this.#shared.decide("right", this.#judge, wish);
    if (answer.status === "permitted") return PERMITTED;
    if (answer.status === "denied") return denied(wish.node, answer);
    if (answer.status === "ask") return asking(wish.node, answer);
    const { input = null, allowed, ...plain } = wish;
    const read = this.#look("arguments", () => readArguments(answer.wanted, input));
    const changed = read.input === input ? {} : { input: read.input };
    const full = { ...plain, facts: { now: this.#now, arguments: read.arguments } };
    const isOther = allowed !== undefined && !isDeepStrictEqual(read.input, allowed);
    const asked = isOther ? { ...full, approved: false } : full;
    const verdict = this.#shared.decide("right", this.#judge, asked);
    if (verdict.status === "denied") return denied(wish.node, verdict);
    // Also where a rule would now allow by itself: the person has seen another input.
    if (isOther) {
      const anew = askingAnew(wish);
      const also = verdict.status === "ask" ? asking(wish.node, verdict) : {};
      return { ...anew, ...also, reason: anew.reason, ...changed };
    }
    if (verdict.status === "ask") return { ...asking(wish.node, verdict), ...changed };
    const counts = verdict.status === "permitted" && verdict.counts ? { counts: full } : {};
    return { status: "permitted", ...changed, ...counts };
  }

  /** Counts the uses of a permitted request, at every node of the path at once. */
  take({ counts }: Permitted): void {
    if (counts !== undefined) this.#shared.decide("use", this.#count, counts);
  }

  /** Keeps the uses of a call that is retried, so that they are not counted again. */
  keep(key: string): void {
    if (this.#state.counted.has(key)) this.#kept.add(key);
  }

  /** True for a call of which uses are counted. */
  isCounted(key: string): boolean {
    return this.#state.counted.has(key);
  }

  /** Ends a call; one that never `started` gets its uses back. */
  release(key: string, started: boolean): void {
    if (this.#state.counted.size === 0) return;
    const begun = this.#kept.delete(key);
    this.#decide({ type: "release", key, started: started || begun });
  }

  grant(node: string, grant: Grant): void {
    for (const read of this.#seen(readGrants([grant], node))) {
      this.#decide({ type: "grant", node, grant: read, now: this.#since([[read]]) });
    }
  }

  revoke(node: string, pattern: string): void {
    for (const read of readGrants([pattern], node)) {
      this.#decide({ type: "grant", node, grant: { ...read, effect: "revoke" } });
    }
  }

  /** Remembers that a person has allowed this subject to a node, or to all below it. */
  remember(node: string, { wheres = [""], ...answered }: Remembered): void {
    for (const where of wheres) {
      if (where === null) continue;
      const request = { type: "remember", node, ...answered, where } as const;
      this.#shared.decide("remember", this.#remember, request);
    }
  }

  /** Returns true when a node may use a subject for some arguments and at some time. */
  mayEver(node: string, subject: string): boolean {
    return this.#shared.decide("may-ever", this.#mayEver, { node, subject });
  }

  /** Returns the same for many subjects, as one answer. */
  mayEverOf(node: string, subjects: readonly string[]): readonly boolean[] {
    const decide = ({ given }: Given<readonly boolean[]>) =>
      given ?? subjects.map((subject) => mayEver(this.#state, { node, subject }));
    return this.#shared.decide("may-ever", decide, NOTHING);
  }

  /** Returns the summary that the actor's observers see. */
  summary(): CapabilitySummary {
    return this.#actor.getSnapshot().context;
  }

  readonly #judge = (asked: CapabilityCheck & Given<CapabilityVerdict>): CapabilityVerdict =>
    asked.given ?? this.#decide(asked);

  readonly #count = ({ given, ...asked }: CountedCheck & Given<Counted>): Counted => {
    const { now } = given ?? asked.facts;
    const facts = { ...asked.facts, now };
    return { ...this.#decide({ ...asked, type: "use", facts, given }), now };
  };

  readonly #remember = (request: CapabilityRemember): CapabilityRemembered => this.#decide(request);

  readonly #mayEver = ({ given, ...asked }: MayEver & Given<boolean>): boolean =>
    given ?? mayEver(this.#state, asked);

  /** Returns the time of granting, which matters only for a grant that expires. */
  #since(layers: readonly CapabilityLayer[]): number {
    const expires = layers.some((layer) => layer.some((grant) => grant.expiresMs !== undefined));
    return expires ? this.#shared.decide("lapse", this.#time, NOTHING) : this.#now;
  }

  readonly #time = ({ given }: Given<number>): number => given ?? this.#now;

  #decide(request: CapabilityCheck | CapabilityUse): CapabilityVerdict;
  #decide(request: CapabilityRemember): CapabilityRemembered;
  #decide(request: CapabilityRequest): CapabilityAnswer;
  #decide(request: CapabilityRequest): CapabilityAnswer {
    return askDecider(this.#actor, request);
  }

  #read(layer: Layer, path: string): CapabilityLayer {
    let read = this.#layers.get(layer);
    if (read !== undefined) return this.#seen(read);
    read = readGrants(layer, path);
    // Only a list that cannot change may be cached.
    if (Object.isFrozen(layer)) this.#layers.set(layer, read);
    return this.#seen(read);
  }

  /** Records patterns of arguments, since their targets depend on the file system. */
  #seen(read: CapabilityLayer): CapabilityLayer {
    const isSeen = read.some(({ where }) => where !== undefined);
    return isSeen ? this.#look("patterns", () => read) : read;
  }
}
