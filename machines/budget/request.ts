import type { Amounts, BudgetUnit, BudgetWarning, Stretch } from "./accounts.ts";
import type { NewAccount } from "./create.ts";
import type { BudgetGranted, BudgetRefused, ReserveAnswer, Woken } from "./queue.ts";

/** What a call really used; left out in a settlement: what was reserved. */
export interface Used {
  readonly nanoUsd: number;
  readonly tokens: number;
  /** Of those tokens; only told. */
  readonly outputTokens: number;
}

/** Asks for amounts: granted, refused, or waiting until reservations come back. */
export interface Reserve {
  readonly type: "reserve";
  /** Names the call; asking again with it answers as before and charges nothing. */
  readonly key: string;
  readonly account: string;
  readonly amounts: Amounts;
  readonly stretch?: Stretch | undefined;
  /**
   * What was decided when all accounts were in view: it is applied to those that are here, and
   * nothing is judged. A call that waits by it stands in no queue.
   */
  readonly given?: ReserveAnswer | undefined;
}

/** A call that is held needs so much in all, which turned out to be more than it has reserved. */
export interface Grow {
  readonly type: "grow";
  readonly key: string;
  readonly amounts: Amounts;
  /** As for {@link Reserve}. */
  readonly given?: GrowAnswer | undefined;
}

/** Tries a call that waits once more; one that does not is answered as when it is asked again. */
export interface Wake {
  readonly type: "wake";
  readonly key: string;
  /** As for {@link Reserve}. */
  readonly given?: WakeAnswer | undefined;
}

/** The date, in milliseconds: windows that have ended begin anew. */
export interface Time {
  readonly type: "time";
  readonly now: number;
  /**
   * Only the windows of the root turn, and those at or below this top-level account; "/" for the
   * root alone. Left out: all.
   */
  readonly run?: string | undefined;
}

/** No call of that key waits or is held: nothing was changed. */
export interface BudgetUnknown {
  readonly status: "unknown";
}

export type GrowAnswer = BudgetGranted | BudgetRefused | BudgetUnknown;
export type WakeAnswer = ReserveAnswer | BudgetUnknown;

/** A call whose turn has come, and of which account. */
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
      /** Whether the call began: its counts are then spent for good. */
      readonly started: boolean;
    }
  | { readonly type: "close"; readonly account: string }
  /** Somebody allows more: what waited for it is tried again. An unlimited unit stays so. */
  | {
      readonly type: "raise";
      readonly account: string;
      readonly unit: BudgetUnit;
      readonly amount: number;
    }
  | Time
  /** Takes the calls that waited and no longer do, in order; each is told once. */
  | { readonly type: "take-woken" }
  /** Takes the calls whose turn has come, where a budget tells of it; each is told once. */
  | { readonly type: "take-due" }
  /** Takes the thresholds crossed since the last time; one per account and unit, ever. */
  | { readonly type: "take-warnings" };

export type BudgetAnswer =
  | ReserveAnswer
  | { readonly status: "settled"; readonly used: Used }
  | { readonly status: "woken"; readonly calls: readonly Woken[] }
  | { readonly status: "due"; readonly calls: readonly DueCall[] }
  | { readonly status: "warned"; readonly warnings: readonly BudgetWarning[] }
  | { readonly status: "done" }
  | BudgetUnknown;
