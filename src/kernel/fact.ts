import type { Json } from "../wire/json.ts";

/** An event before it is logged: the log adds `seq` and `at`. */
export type Fact = { readonly type: string; readonly path: string } & {
  readonly [key: string]: Json | undefined;
};
