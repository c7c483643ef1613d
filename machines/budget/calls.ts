import {
  type Account,
  type Amounts,
  BUDGET_UNITS,
  type BudgetCall,
  charge,
  HELD,
  hold,
  NOWHERE,
  OUTPUT,
  refund,
  type Stretch,
  whole,
} from "./accounts.ts";
import {
  accountsUpFrom,
  applyGiven,
  attempt,
  granted,
  judge,
  leaveQueues,
  noteDue,
  type ReserveAnswer,
  wakeCalls,
} from "./queue.ts";
import type { BudgetRequest, Reserve, Used } from "./request.ts";
import { accountOf, type BudgetState } from "./state.ts";

export function reserve(state: BudgetState, request: Reserve): ReserveAnswer {
  const { key, given } = request;
  const known = state.calls.get(key);
  if (known !== undefined) return granted(known);
  const call = newCall(state, request);
  const answer = decideFor(state, call, given);
  if (answer.status === "refused") return answer;
  if (answer.status === "waiting") state.waiting++;
  state.age++;
  state.calls.set(key, call);
  call.account.calls.push(call);
  return answer;
}

/** Tries a waiting call again. Returns undefined when no call of that key waits or is granted. */
export function wakeCall(
  state: BudgetState,
  { key, given }: { readonly key: string; readonly given?: ReserveAnswer | undefined },
): ReserveAnswer | undefined {
  const call = state.calls.get(key);
  if (call === undefined || !call.waiting) return call && granted(call);
  call.isDue = false;
  const answer = decideFor(state, call, given);
  if (answer.status === "waiting") return answer;
  const left = leaveQueues(call);
  state.waiting--;
  if (answer.status === "refused") forgetRefused(state, call);
  wakeUp(state, left);
  return answer;
}

function decideFor(
  { warnings }: BudgetState,
  call: BudgetCall,
  given: ReserveAnswer | undefined,
): ReserveAnswer {
  return given === undefined ? attempt(call, warnings) : applyGiven(call, given, warnings);
}

/** A reservation to try, without a call. */
export type Peek = Omit<Reserve, "type" | "key" | "given">;

/** Returns the answer that a request would get now; reserves nothing. */
export function peek(state: BudgetState, request: Peek): ReserveAnswer {
  return judge(newCall(state, { ...request, key: "" }));
}

function newCall(state: BudgetState, request: Omit<Reserve, "type">): BudgetCall {
  const { key, amounts, stretch } = request;
  check(amounts, stretch);
  const account = accountOf(state, request.account);
  return {
    key,
    account,
    amounts,
    stretch,
    age: state.age,
    asked: [0, 0, amounts.toolCalls ?? 0, amounts.modelCalls ?? 0],
    steps: 0,
    waiting: false,
    isDue: false,
    stands: NOWHERE,
    place: account.calls.length,
  };
}

/**
 * Charges what was really used, even beyond the reservation, and releases the rest.
 *
 * @returns the amounts charged; undefined when no call of that key waits or is granted
 */
export function settle(state: BudgetState, key: string, used: Used | undefined): Used | undefined {
  const call = state.calls.get(key);
  if (call === undefined) return undefined;
  const charged = used ?? reservedFor(call);
  const { nanoUsd, tokens, outputTokens } = charged;
  whole(nanoUsd, "nanoUsd");
  whole(tokens, "tokens");
  whole(outputTokens, "outputTokens");
  const freed = forgetCall(state, call);
  charge(call.account, 0, nanoUsd, state.warnings);
  charge(call.account, 1, tokens, state.warnings);
  charge(call.account, OUTPUT, outputTokens, state.warnings);
  wakeUp(state, freed);
  return charged;
}

/** Releases the reservations of a call. Returns false when none of that key waits or is granted. */
export function release(state: BudgetState, key: string, started: boolean): boolean {
  const call = state.calls.get(key);
  if (call === undefined) return false;
  if (!started && !call.waiting) {
    for (let at = HELD; at < OUTPUT; at++) refund(call.account, at, call.asked[at]!);
  }
  wakeUp(state, forgetCall(state, call));
  return true;
}

/** Drops a call with its reservations. Returns the accounts where waiting calls may now fit. */
export function forgetCall(state: BudgetState, call: BudgetCall): Account[] {
  const { account, key, place } = call;
  state.calls.delete(key);
  const last = account.calls.pop()!;
  if (last !== call) {
    account.calls[place] = last;
    last.place = place;
  }
  if (call.waiting) {
    state.waiting--;
    return leaveQueues(call);
  }
  for (let at = 0; at < HELD; at++) hold(account, at, -call.asked[at]!);
  return state.waiting === 0 ? [] : accountsUpFrom(account);
}

/** Raises a ceiling. An unlimited unit stays unlimited. */
export function raise(
  state: BudgetState,
  { account: path, unit, amount }: Extract<BudgetRequest, { readonly type: "raise" }>,
): void {
  const account = accountOf(state, path);
  const more = whole(amount, `the raise of ${unit} of ${path}`);
  const at = BUDGET_UNITS.indexOf(unit);
  if (account.limit[at] === Infinity) return;
  account.limit = account.limit.map((ceiling, here) =>
    here === at ? Math.min(ceiling + more, Number.MAX_SAFE_INTEGER) : ceiling,
  );
  wakeUp(state, [account]);
}

/**
 * Tries the calls that wait at these accounts, and records the answers of those that no longer
 * wait; with `onTurn: "tell"` it only records the calls whose turn has come.
 */
export function wakeUp(state: BudgetState, freed: readonly Account[]): void {
  if (state.waiting === 0) return;
  if (state.onTurn === "tell") return noteDue(freed, state.due);
  wakeCalls(freed, state.warnings, (call, answer) => {
    state.woken.push({ key: call.key, answer });
    state.waiting--;
    if (answer.status === "refused") forgetRefused(state, call);
  });
}

const nothing: Used = { nanoUsd: 0, tokens: 0, outputTokens: 0 };

function reservedFor({ waiting, asked, steps }: BudgetCall): Used {
  if (waiting) return nothing;
  return { nanoUsd: asked[0]!, tokens: asked[1]!, outputTokens: steps };
}

/** Drops a refused call, which has no reservations and is in no queue. */
function forgetRefused(state: BudgetState, call: BudgetCall): void {
  call.asked.fill(0);
  forgetCall(state, call);
}

function check({ nanoUsd, tokens, toolCalls, modelCalls }: Amounts, stretch?: Stretch): void {
  if (nanoUsd !== undefined) whole(nanoUsd, "nanoUsd");
  if (tokens !== undefined) whole(tokens, "tokens");
  if (toolCalls !== undefined) whole(toolCalls, "toolCalls");
  if (modelCalls !== undefined) whole(modelCalls, "modelCalls");
  if (stretch === undefined) return;
  check(stretch.per);
  if (whole(stretch.least, "least") > whole(stretch.most, "most")) {
    throw new RangeError(`least ${stretch.least} is more than most ${stretch.most}`);
  }
}
