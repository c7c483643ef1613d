import type { Amounts, BudgetUnit, BudgetWarning, Stretch } from "./accounts.ts";
import type { NewAccount } from "./create.ts";
import type { ReserveAnswer, Woken } from "./queue.ts";

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
}

export type BudgetRequest =
  | Reserve
  | ({ readonly type: "open"; readonly parent: string } & NewAccount)
  /** A call that is held needs so much in all, which turned out to be more than it has reserved. */
  | { readonly type: "grow"; readonly key: string; readonly amounts: Amounts }
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
  /** The date, in milliseconds: windows that have ended begin anew. */
  | { readonly type: "time"; readonly now: number }
  /** Takes the calls that waited and no longer do, in order; each is told once. */
  | { readonly type: "take-woken" }
  /** Takes the thresholds crossed since the last time; one per account and unit, ever. */
  | { readonly type: "take-warnings" };

export type BudgetAnswer =
  | ReserveAnswer
  | { readonly status: "settled"; readonly used: Used }
  | { readonly status: "woken"; readonly calls: readonly Woken[] }
  | { readonly status: "warned"; readonly warnings: readonly BudgetWarning[] }
  | { readonly status: "done" }
  /** No call of that key waits or is held: nothing was changed. */
  | { readonly status: "unknown" };
