import {
  type Account,
  type ActionBound,
  BUDGET_UNITS,
  type BudgetCall,
  type BudgetUnit,
  type BudgetWarning,
  charge,
  HELD,
  hold,
  NOWHERE,
} from "./accounts.ts";

export interface BudgetGranted {
  readonly status: "granted";
  /** The number of granted steps of the stretch; 0 without one. */
  readonly steps: number;
}

/**
 * A refusal of what would not fit even if every reservation were released; for a running call that
 * asks for more, of what does not fit now.
 */
export interface BudgetRefused {
  readonly status: "refused";
  /** The bound that was met: the account's ceiling, its bound on one call, or a window's. */
  readonly bound: "total" | "action" | "window";
  /** The end of the window, after which the request may succeed. */
  readonly retryAt?: number;
  readonly account: string;
  readonly unit: BudgetUnit;
  readonly limit: number;
  readonly spent: number;
  readonly reserved: number;
  readonly asked: number;
}

/** An answer for a call that only reservations, or older waiting calls, keep from being granted. */
export interface BudgetWaiting {
  readonly status: "waiting";
}

export type ReserveAnswer = BudgetGranted | BudgetRefused | BudgetWaiting;

/** A call that has waited, with its answer. */
export interface Woken {
  readonly key: string;
  readonly answer: BudgetGranted | BudgetRefused;
}

const WAITING: BudgetWaiting = { status: "waiting" };
const GRANTED: BudgetGranted = { status: "granted", steps: 0 };

/** Grants a call and charges it, refuses it, or queues it at every account that blocks it. */
export function attempt(call: BudgetCall, warnings: BudgetWarning[]): ReserveAnswer {
  const answer = judge(call);
  if (answer.status === "waiting") queueUp(call);
  if (answer.status === "granted") take(call, warnings);
  return answer;
}

/**
 * Applies an answer that was decided elsewhere: nothing is judged, and a call that waits by it is
 * in no queue.
 */
export function applyGiven<Given extends ReserveAnswer>(
  call: BudgetCall,
  given: Given,
  warnings: BudgetWarning[],
): Given {
  if (given.status === "waiting") call.waiting = true;
  if (given.status !== "granted") return given;
  const { amounts, asked } = call;
  asked[0] = amounts.nanoUsd ?? 0;
  asked[1] = amounts.tokens ?? 0;
  stretchTo(call, given.steps);
  take(call, warnings);
  return given;
}

function take({ asked, account }: BudgetCall, warnings: BudgetWarning[]): void {
  for (let at = 0; at < HELD; at++) hold(account, at, asked[at]!);
  for (let at = HELD; at < asked.length; at++) charge(account, at, asked[at]!, warnings);
}

/** Returns the answer that a call would get now; reserves nothing. */
export function judge(call: BudgetCall): ReserveAnswer {
  measure(call);
  return isFree(call) ? yes(call) : judgeEach(call);
}

/** Returns true when nothing on the path blocks a call: true for most calls, and quick to check. */
function isFree({ asked, account }: BudgetCall): boolean {
  if (account.action !== undefined) return false;
  for (let at = 0; at < asked.length; at++) {
    const amount = asked[at]!;
    if (amount === 0) continue;
    const isReserved = at < HELD;
    for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
      const taken = isReserved ? on.spent[at]! + on.reserved[at]! : on.spent[at]!;
      if (taken + amount > on.limit[at]!) return false;
      if (isReserved && on.queues !== undefined && on.queues[at]!.length > 0) return false;
    }
  }
  return true;
}

function judgeEach(call: BudgetCall): ReserveAnswer {
  const { asked, account } = call;
  const over = account.action && overAction(asked, account.action);
  if (over !== undefined) return over;
  let blocked = false;
  let later: BudgetRefused | undefined;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    for (let at = 0; at < asked.length; at++) {
      const amount = asked[at]!;
      if (amount === 0) continue;
      if (on.spent[at]! + amount > on.limit[at]!) {
        const no = refusedAt(on, at, amount);
        if (no.retryAt === undefined) return no;
        later = graver(later, no);
      }
      if (at < HELD) blocked ||= isBlocked(call, on, at);
    }
  }
  if (later !== undefined) return later;
  return blocked ? WAITING : yes(call);
}

function yes({ steps }: BudgetCall): BudgetGranted {
  return steps === 0 ? GRANTED : { status: "granted", steps };
}

export function granted(call: BudgetCall): BudgetGranted | BudgetWaiting {
  return call.waiting ? WAITING : yes(call);
}

/** Removes a call from all of its queues. Returns their accounts, which must be woken. */
export function leaveQueues(call: BudgetCall): Account[] {
  const left = call.stands.map(({ account, queue }) => {
    queue.splice(queue.indexOf(call), 1);
    return account;
  });
  call.stands = NOWHERE;
  call.waiting = false;
  call.isDue = false;
  return left;
}

/**
 * Tries the head of each queue of these accounts, until one has to keep waiting; then the same for
 * the other accounts whose queues a woken call was in.
 */
export function wakeCalls(
  accounts: readonly Account[],
  warnings: BudgetWarning[],
  woke: (call: BudgetCall, answer: Woken["answer"]) => void,
): void {
  const due = [...accounts];
  for (const account of due) {
    for (const queue of account.queues ?? []) {
      for (let head = queue[0]; head !== undefined; head = queue[0]) {
        const answer = attempt(head, warnings);
        if (answer.status === "waiting") break;
        due.push(...leaveQueues(head));
        woke(head, answer);
      }
    }
  }
}

/** Records the head of each queue of these accounts whose turn has come, and leaves it there. */
export function noteDue(accounts: readonly Account[], due: BudgetCall[]): void {
  for (const account of accounts) {
    for (const queue of account.queues ?? []) {
      const head = queue[0];
      if (head === undefined || head.isDue || judge(head).status === "waiting") continue;
      head.isDue = true;
      due.push(head);
    }
  }
}

export function accountsUpFrom(account: Account): Account[] {
  const path: Account[] = [];
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) path.push(on);
  return path;
}

/** Adds up the amounts of a call, with the stretch cut to what is not yet spent on the path. */
function measure(call: BudgetCall): void {
  const { amounts, stretch, asked } = call;
  asked[0] = amounts.nanoUsd ?? 0;
  asked[1] = amounts.tokens ?? 0;
  if (stretch === undefined) return;
  const steps = Math.min(
    stretch.most,
    roomFor(call, 0, stretch.per.nanoUsd),
    roomFor(call, 1, stretch.per.tokens),
  );
  stretchTo(call, Math.max(stretch.least, steps));
}

/**
 * Returns the number of steps that there is room for on the path. Reservations are ignored on
 * purpose: most are released again, and waiting for them gives a whole answer, while taking the
 * rest at once would give a clipped one.
 */
function roomFor({ account, asked }: BudgetCall, at: number, per = 0): number {
  if (per === 0) return Infinity;
  let room = account.action === undefined ? Infinity : account.action.limit[at]!;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    const left = on.limit[at]! - on.spent[at]!;
    if (left < room) room = left;
  }
  return Math.floor((room - asked[at]!) / per);
}

function stretchTo(call: BudgetCall, steps: number): void {
  const { asked, stretch } = call;
  call.steps = steps;
  if (stretch === undefined) return;
  asked[0]! += steps * (stretch.per.nanoUsd ?? 0);
  asked[1]! += steps * (stretch.per.tokens ?? 0);
}

function isBlocked(call: BudgetCall, on: Account, at: number): boolean {
  if (on.spent[at]! + on.reserved[at]! + call.asked[at]! > on.limit[at]!) return true;
  const first = on.queues?.[at]?.[0];
  return first !== undefined && first.age < call.age;
}

/**
 * Adds the call to the queue of every account and unit that blocks it, by age. It keeps its
 * positions until it is granted, refused or withdrawn. So the oldest call is never overtaken where
 * it was blocked, and its turn always comes.
 */
export function queueUp(call: BudgetCall): void {
  call.waiting = true;
  for (let on: Account | undefined = call.account; on !== undefined; on = on.parent) {
    for (let at = 0; at < HELD; at++) {
      if (call.asked[at] === 0 || !isBlocked(call, on, at)) continue;
      on.queues ??= [[], []];
      const queue = on.queues[at]!;
      if (call.stands.some((stand) => stand.queue === queue)) continue;
      let place = queue.length;
      while (place > 0 && queue[place - 1]!.age > call.age) place--;
      queue.splice(place, 0, call);
      call.stands = [...call.stands, { account: on, queue }];
    }
  }
}

export function overAction(
  asked: readonly number[],
  { limit, from }: ActionBound,
): BudgetRefused | undefined {
  for (let at = 0; at < HELD; at++) {
    if (asked[at]! <= limit[at]!) continue;
    return {
      status: "refused",
      bound: "action",
      account: from[at]!,
      unit: BUDGET_UNITS[at]!,
      limit: limit[at]!,
      spent: 0,
      reserved: 0,
      asked: asked[at]!,
    };
  }
  return undefined;
}

/** Returns the refusal by the window that turns last: asking again earlier cannot help. */
export function graver(known: BudgetRefused | undefined, next: BudgetRefused): BudgetRefused {
  const isLast = known?.retryAt !== undefined && known.retryAt >= (next.retryAt ?? Infinity);
  return isLast ? known : next;
}

export function refusedAt(on: Account, at: number, asked: number): BudgetRefused {
  const { path, limit, spent, reserved, window } = on;
  const no = {
    status: "refused",
    bound: window === undefined ? "total" : "window",
    account: path,
    unit: BUDGET_UNITS[at]!,
    limit: limit[at]!,
    spent: spent[at]!,
    reserved: reserved[at] ?? 0,
    asked,
  } as const;
  return window !== undefined && asked <= limit[at]! ? { ...no, retryAt: window.endsAt } : no;
}
