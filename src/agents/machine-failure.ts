import { CoppiceError } from "../errors.ts";
import { describe, encodeError, isCode } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import { fieldOf } from "../wire/read-field.ts";
import { isError } from "../wire/realm.ts";

const IMMUTABLE =
  ". The context of a machine is frozen once it is kept: change a copy of it by assign, " +
  "as in assign({ items: ({ context }) => [...context.items, item] })";

/** Returns the error for a value that a machine threw, in the machine's own words. */
export function machineFaultOf(thrown: unknown): WireError {
  if (thrown instanceof CoppiceError) return encodeError(thrown, "MACHINE_INVALID");
  const advice = isMutation(thrown) ? IMMUTABLE : "";
  const message = `The machine threw: ${describe(thrown)}${advice}`;
  const said = fieldOf(thrown, "stack");
  const stack = said === undefined ? {} : { stack: said };
  return { code: "MACHINE_INVALID", message, details: {}, ...stack };
}

/** True for what V8 throws when a frozen object is changed. */
function isMutation(thrown: unknown): boolean {
  const message = fieldOf(thrown, "message");
  if (!isError(thrown) || message === undefined) return false;
  return /read only property|object is not extensible|Cannot delete property/.test(message);
}

/**
 * Returns the error of a machine that ended in a state tagged `failed`: its output when that is an
 * error or has a message, else one that names the state.
 */
export function failureOf(output: unknown, plain: Json, value: unknown): WireError {
  if (isError(output)) return machineFaultOf(output);
  const { code, message } = (plain ?? {}) as { readonly code?: Json; readonly message?: Json };
  if (typeof message === "string")
    return { code: isCode(code) ? code : "MACHINE_INVALID", message, details: {} };
  const text = `The machine ended in its state ${JSON.stringify(value)}, which is tagged failed`;
  return { code: "MACHINE_INVALID", message: text, details: { output: plain } };
}
