import type { Amounts, BudgetUnit, BudgetWarning, Stretch } from "./accounts.ts";
import type { NewAccount } from "./create.ts";
import type { BudgetGranted, BudgetRefused, ReserveAnswer, Woken } from "./queue.ts";

/** The real use of a call; a settlement without it charges the reservation. */
export interface Used {
  readonly nanoUsd: number;
  readonly tokens: number;
  /** The output tokens among `tokens`; only reported. */
  readonly outputTokens: number;
}

/** Requests amounts: granted, refused, or waiting until reservations are released. */
export interface Reserve {
  readonly type: "reserve";
  /** Identifies the call; a repeated request gets the same answer and charges nothing. */
  readonly key: string;
  readonly account: string;
  readonly amounts: Amounts;
  readonly stretch?: Stretch | undefined;
  /**
   * The answer that was decided with all accounts present. It is applied to the accounts that are
   * present here, and nothing is judged. A call that waits by it is in no queue.
   */
  readonly given?: ReserveAnswer | undefined;
}

/** Requests more for a granted call: the total that it needs, beyond what it has reserved. */
export interface Grow {
  readonly type: "grow";
  readonly key: string;
  readonly amounts: Amounts;
  /** As for {@link Reserve}. */
  readonly given?: GrowAnswer | undefined;
}

/** Tries a waiting call again; a call that does not wait gets the answer of a repeated request. */
export interface Wake {
  readonly type: "wake";
  readonly key: string;
  /** As for {@link Reserve}. */
  readonly given?: WakeAnswer | undefined;
}

/** Sets the date, in milliseconds; windows that have ended begin anew. */
export interface Time {
  readonly type: "time";
  readonly now: number;
  /**
   * Limits this to the windows of the root and those at or below this top-level account; "/" is the
   * root alone. Default: all windows.
   */
  readonly run?: string | undefined;
}

/** An answer for a key of which no call waits or is granted; nothing was changed. */
export interface BudgetUnknown {
  readonly status: "unknown";
}

export type GrowAnswer = BudgetGranted | BudgetRefused | BudgetUnknown;
export type WakeAnswer = ReserveAnswer | BudgetUnknown;

/** A call whose turn has come, with the path of its account. */
export interface DueCall {
  readonly key: string;
  readonly account: string;
}

export type BudgetRequest =
  | Reserve
  | ({ readonly type: "open"; readonly parent: string } & NewAccount)
  | Grow
  | Wake
  | { readonly type: "settle"; readonly key: string; readonly used?: Used | undefined }
  | {
      readonly type: "release";
      readonly key: string;
      /** True when the call began; its counts then stay spent. */
      readonly started: boolean;
    }
  | { readonly type: "close"; readonly account: string }
  /** Raises a ceiling and tries the calls that wait for it. An unlimited unit stays so. */
  | {
      readonly type: "raise";
      readonly account: string;
      readonly unit: BudgetUnit;
      readonly amount: number;
    }
  | Time
  /** Takes the calls that have waited and no longer do, in order; each is returned once. */
  | { readonly type: "take-woken" }
  /** Takes the calls whose turn has come, with `onTurn: "tell"`; each is returned once. */
  | { readonly type: "take-due" }
  /** Takes the warnings since the last time: one per ceiling, for a window one per turn. */
  | { readonly type: "take-warnings" };

export type BudgetAnswer =
  | ReserveAnswer
  | { readonly status: "settled"; readonly used: Used }
  | { readonly status: "woken"; readonly calls: readonly Woken[] }
  | { readonly status: "due"; readonly calls: readonly DueCall[] }
  | { readonly status: "warned"; readonly warnings: readonly BudgetWarning[] }
  | { readonly status: "done" }
  | BudgetUnknown;
