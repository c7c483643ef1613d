import type { ActorLogic, EventObject, MachineContext, Snapshot } from "xstate";

/** A chart as XState keeps it: its definition, and what its names stand for. */
export interface Chart {
  readonly config: object;
  readonly implementations: { readonly guards: object; readonly actions: object };
}

/** A committed state of a compiled chart, in the form of XState's own. */
export type ChartSnapshot<Context> = Snapshot<undefined> & {
  readonly value: string;
  readonly context: Context;
  readonly tags: ReadonlySet<string>;
};

/** Carries out an effect: an action of the chart that is no `assign`. */
export type Perform<Context, Event> = (name: string, context: Context, event: Event) => void;

/** The logic of one actor, for XState's `createActor`. */
export type ChartLogic<Context, Event extends EventObject, Input> = ActorLogic<
  ChartSnapshot<Context>,
  Event,
  Input
>;

type Args<Context, Event> = { readonly context: Context; readonly event: Event };
type Guard<Context, Event> = (args: Args<Context, Event>) => boolean;
type Assign<Context, Event> = (args: Args<Context, Event>) => Partial<Context>;

interface Transition<Context, Event> {
  readonly guard: Guard<Context, Event> | undefined;
  readonly target: State<Context, Event> | undefined;
  readonly actions: readonly (Assign<Context, Event> | string)[];
}

interface State<Context, Event> {
  readonly value: string;
  readonly status: "active" | "done";
  readonly tags: ReadonlySet<string>;
  readonly on: Map<string, readonly Transition<Context, Event>[]>;
}

type Table<Context, Event> = ReadonlyMap<string, State<Context, Event>>;

/**
 * Compiles a flat chart into a table, which takes an event in a third of a microsecond where
 * XState's interpreter takes ten.
 *
 * **Guarantees** The same states, contexts, effects and errors in the same order as XState's own
 * logic, except that a guard's error is its own, without XState's words before it. An event that
 * changes nothing leaves the snapshot the same object.
 * **Fails with** an Error at once for a chart that says more than the table can: nested or parallel
 * states, entry and exit actions, `always`, `after`, `invoke`, guards and actions in place.
 * @returns a function that creates the logic of an actor from what carries out its effects
 */
export function compileChart<Context extends MachineContext, Event extends EventObject, Input>(
  chart: Chart,
): (perform: Perform<Context, Event>) => ChartLogic<Context, Event, Input> {
  const config = chart.config as ChartConfig<Context, Input>;
  const table = tableOf<Context, Event>(config, chart.implementations);
  const initial = stateAt(table, config.initial);
  return (perform) => new CompiledLogic(config, table, initial, perform);
}

interface ChartConfig<Context, Input> {
  readonly initial: string;
  readonly context: (of: { readonly input: Input }) => Context;
  readonly states: { readonly [value: string]: object };
}

class CompiledLogic<Context, Event extends EventObject, Input>
  implements ChartLogic<Context, Event, Input>
{
  readonly config: ChartConfig<Context, Input>;
  readonly #table: Table<Context, Event>;
  readonly #initial: State<Context, Event>;
  readonly #perform: Perform<Context, Event>;

  constructor(
    config: ChartConfig<Context, Input>,
    table: Table<Context, Event>,
    initial: State<Context, Event>,
    perform: Perform<Context, Event>,
  ) {
    this.config = config;
    this.#table = table;
    this.#initial = initial;
    this.#perform = perform;
  }

  transition(snapshot: ChartSnapshot<Context>, event: Event): ChartSnapshot<Context> {
    if (snapshot.status !== "active") return snapshot;
    if (event.type === "xstate.stop") return { ...snapshot, status: "stopped", error: undefined };
    const state = stateAt(this.#table, snapshot.value);
    let { context } = snapshot;
    for (const { guard, target = state, actions } of state.on.get(event.type) ?? []) {
      if (guard !== undefined && !guard({ context, event })) continue;
      for (const action of actions) {
        if (typeof action === "string") this.#perform(action, context, event);
        else context = { ...context, ...action({ context, event }) };
      }
      const isSame = target === state && context === snapshot.context;
      return isSame ? snapshot : snapshotOf(target, context);
    }
    return snapshot;
  }

  getInitialSnapshot(_scope: unknown, input: Input): ChartSnapshot<Context> {
    return snapshotOf(this.#initial, this.config.context({ input }));
  }

  restoreSnapshot(state: unknown): ChartSnapshot<Context> {
    const { value, context } = state as { readonly value: string; readonly context: Context };
    return snapshotOf(stateAt(this.#table, value), context);
  }

  getPersistedSnapshot(snapshot: ChartSnapshot<Context>): ChartSnapshot<Context> {
    return snapshot;
  }
}

function snapshotOf<Context, Event>(
  { value, status, tags }: State<Context, Event>,
  context: Context,
): ChartSnapshot<Context> {
  return { status, value, context, tags, output: undefined, error: undefined };
}

function stateAt<Context, Event>(table: Table<Context, Event>, value: string) {
  const state = table.get(value);
  if (state === undefined) throw new Error(`the chart has no state "${value}"`);
  return state;
}

/** Keys that a root must not have; XState adds others, such as the types of `setup`. */
const NOT_AT_ROOT = [
  "type",
  "on",
  "entry",
  "exit",
  "always",
  "after",
  "invoke",
  "onDone",
  "output",
];
const STATE_KEYS = ["description", "tags", "type", "on"];
const TRANSITION_KEYS = ["target", "guard", "actions", "description"];

function tableOf<Context, Event>(
  config: object,
  implementations: Chart["implementations"],
): Table<Context, Event> {
  const other = NOT_AT_ROOT.find((key) => key in config);
  if (other !== undefined) throw odd("the chart", `\`${other}\``);
  const { states } = config as { readonly states: { readonly [value: string]: object } };
  const table = new Map<string, State<Context, Event>>();
  for (const [value, state] of Object.entries(states)) {
    only(state, STATE_KEYS, `state "${value}"`);
    const { type, tags = [] } = state as { readonly type?: string; readonly tags?: string[] };
    if (type !== undefined && type !== "final") throw odd(`state "${value}"`, `type "${type}"`);
    const status = type === "final" ? "done" : "active";
    table.set(value, { value, status, tags: new Set([tags].flat()), on: new Map() });
  }
  for (const [value, state] of Object.entries(states)) {
    const { on = {} } = state as { readonly on?: { readonly [event: string]: unknown } };
    for (const [event, said] of Object.entries(on)) {
      const where = `"${event}" in state "${value}"`;
      const all = [said].flat().map((one) => transitionOf(one, where, table, implementations));
      stateAt(table, value).on.set(event, all);
    }
  }
  return table;
}

function transitionOf<Context, Event>(
  said: unknown,
  where: string,
  table: Table<Context, Event>,
  { guards, actions: known }: Chart["implementations"],
): Transition<Context, Event> {
  if (typeof said !== "object" || said === null) throw odd(where, "a transition in short form");
  only(said, TRANSITION_KEYS, where);
  const { target, guard, actions = [] } = said as { readonly [key: string]: unknown };
  return {
    guard: guard === undefined ? undefined : (named(guards, guard, where) as Guard<Context, Event>),
    target: target === undefined ? undefined : stateAt(table, String(target)),
    actions: [actions].flat().map((name) => actionOf(named(known, name, where), String(name))),
  };
}

function named(all: object, name: unknown, where: string): unknown {
  const found = typeof name === "string" ? Reflect.get(all, name) : undefined;
  if (typeof found === "function") return found;
  throw odd(where, `"${String(name)}", which is no name of a guard or an action`);
}

/** Returns what an action assigns; its name where it is an effect. */
function actionOf<Context, Event>(action: unknown, name: string): Assign<Context, Event> | string {
  const { type, assignment } = action as { readonly type?: unknown; readonly assignment?: unknown };
  if (type === undefined) return name;
  if (type !== "xstate.assign") throw odd(`the action "${name}"`, String(type));
  if (typeof assignment === "function") return assignment as Assign<Context, Event>;
  const fixed = assignment as Partial<Context>;
  if (Object.values(fixed).some((value) => typeof value === "function")) {
    throw odd(`the action "${name}"`, "an assignment by field");
  }
  return () => fixed;
}

function only(said: object, keys: readonly string[], where: string): void {
  const other = Object.keys(said).find((key) => !keys.includes(key));
  if (other !== undefined) throw odd(where, `\`${other}\``);
}

function odd(where: string, what: string): Error {
  return new Error(`A chart with ${what} cannot be compiled: ${where}`);
}
