import type { Block, CacheMark, TurnMessage } from "../wire/transcript.ts";

type Marked<T> = T & { readonly cache_control?: CacheMark };
type Turn = { readonly role: TurnMessage["role"]; readonly content: readonly Marked<Block>[] };

/** The parts of a request in the order in which the service reads them. */
export interface Markable<Tool, Text> {
  readonly tools: readonly Marked<Tool>[];
  readonly system: readonly Marked<Text>[];
  readonly messages: readonly Turn[];
}

/** Most marks that the service takes. */
const MAX_MARKS = 4;

/**
 * A place for a mark: a part, and the index of an item in it. The part of a message is its index.
 */
interface Spot {
  readonly part: "tools" | "system" | number;
  readonly index: number;
  readonly mark: CacheMark;
}

const OURS: CacheMark = { type: "ephemeral" };

/**
 * Marks what the next call of a conversation will reuse: the end of the conversation, tools and
 * system, and the end of the conversation in the call before. The last one is needed because the
 * service looks back only 20 blocks for an earlier mark, and one turn of parallel tool calls can be
 * longer.
 *
 * **Guarantees** At most four marks. Of the marks that are there already the last four are kept,
 * and new ones take the rest. The service refuses a mark of five minutes before one of an hour, so
 * such a mark becomes one of an hour.
 */
export function placeMarks<Tool extends object, Text extends object>(
  request: Markable<Tool, Text>,
): Markable<Tool, Text> {
  const spots = marksIn(request.messages).slice(-MAX_MARKS);
  for (const spot of wanted(request)) {
    if (spots.length >= MAX_MARKS) break;
    if (!spots.some((taken) => isSame(taken, spot))) spots.push(spot);
  }
  spots.sort((a, b) => rank(a.part) - rank(b.part) || a.index - b.index);
  const lastLong = spots.findLastIndex(({ mark }) => mark.ttl === "1h");
  const marks = spots.map((spot, at) =>
    at < lastLong ? { ...spot, mark: { ...spot.mark, ttl: "1h" } as const } : spot,
  );
  const of = (part: Spot["part"]) => marks.filter((spot) => spot.part === part);
  return {
    tools: markItems(request.tools, of("tools")),
    system: markItems(request.system, of("system")),
    messages: request.messages.map((turn, at) => {
      const own = of(at);
      const isBare = own.length === 0 && !turn.content.some(isMarked);
      return isBare ? turn : { ...turn, content: markItems(turn.content, own) };
    }),
  };
}

/** Removes every mark. */
export function withoutMarks(messages: readonly Turn[]): readonly Turn[] {
  return messages.map((turn) =>
    turn.content.some(isMarked) ? { ...turn, content: markItems(turn.content, []) } : turn,
  );
}

/** Returns the places for new marks, the most useful first. */
function wanted({ tools, system, messages }: Markable<object, object>): Spot[] {
  const before = messages.findLastIndex(({ role }) => role === "assistant") - 1;
  return [
    ...endOf(messages, messages.length - 1),
    ...(tools.length > 0 ? [{ part: "tools", index: tools.length - 1, mark: OURS } as const] : []),
    ...(system.length > 0
      ? [{ part: "system", index: system.length - 1, mark: OURS } as const]
      : []),
    ...endOf(messages, before),
  ];
}

function endOf(messages: readonly Turn[], at: number): Spot[] {
  const content = messages[at]?.content ?? [];
  const last = content.at(-1);
  if (last === undefined || last.type === "thinking" || last.type === "redacted_thinking")
    return [];
  return [{ part: at, index: content.length - 1, mark: OURS }];
}

function marksIn(messages: readonly Turn[]): Spot[] {
  return messages.flatMap(({ content }, part) =>
    content.flatMap(({ cache_control: mark }, index) =>
      mark === undefined ? [] : [{ part, index, mark }],
    ),
  );
}

function markItems<T extends object>(
  items: readonly Marked<T>[],
  spots: readonly Spot[],
): readonly Marked<T>[] {
  if (spots.length === 0 && !items.some(isMarked)) return items;
  return items.map((item, at) => {
    const { cache_control: _theirs, ...bare } = item;
    const spot = spots.find(({ index }) => index === at);
    return (spot === undefined ? bare : { ...bare, cache_control: spot.mark }) as Marked<T>;
  });
}

function isMarked(item: object): boolean {
  return (item as Marked<object>).cache_control !== undefined;
}

function isSame(a: Spot, b: Spot): boolean {
  return a.part === b.part && a.index === b.index;
}

/** Returns the position of a part: the service reads tools, then system, then messages. */
function rank(part: Spot["part"]): number {
  if (part === "tools") return -2;
  return part === "system" ? -1 : part;
}
