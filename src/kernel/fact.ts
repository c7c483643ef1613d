import type { Json } from "../wire/json.ts";

/** What an event says beside its type and path; `seq` and `at` are added when it is logged. */
export type Fact = { readonly type: string; readonly path: string } & {
  readonly [key: string]: Json | undefined;
};
