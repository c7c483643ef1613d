import type { Arbiter, Verdict } from "../../src/authority/arbiter.ts";

/** Every call whose turn has come, each decided at once, until there is none. */
export function wokenOf(arbiter: Arbiter): { callId: string; verdict: Verdict | undefined }[] {
  const woken = [];
  for (let due = arbiter.takeWoken(); due.length > 0; due = arbiter.takeWoken()) {
    for (const { callId } of due) woken.push({ callId, verdict: arbiter.woke(callId) });
  }
  return woken;
}
