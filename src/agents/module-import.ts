import type { AnyStateMachine } from "xstate";
import { CoppiceError, type ErrorCode } from "../errors.ts";
import { checkModelModule } from "../models/module.ts";
import { describe } from "../wire/error-codec.ts";
import { valueKind } from "../wire/value-kind.ts";

export type ImportModule = (url: string) => Promise<unknown>;

/**
 * Imports a machine module.
 *
 * **Fails with** `MACHINE_INVALID` when there is no such module, it throws, or it exports no
 * machine.
 */
export async function importMachine(
  url: string,
  importModule: ImportModule,
): Promise<AnyStateMachine> {
  const machine = exportOf(await importNamed(url, importModule, "MACHINE_INVALID"));
  if (isMachine(machine)) return machine;
  const message = `The default export of ${url} is ${kindOf(machine)}, not an XState machine`;
  throw new CoppiceError("MACHINE_INVALID", message, { url });
}

/**
 * Imports a model module and checks that it is one.
 *
 * **Fails with** `OPTIONS_INVALID`, in the cases in which {@link importMachine} fails.
 */
export async function checkModel(url: string, importModule: ImportModule): Promise<void> {
  checkModelModule(await importNamed(url, importModule, "OPTIONS_INVALID"), url);
}

async function importNamed(
  url: string,
  importModule: ImportModule,
  code: ErrorCode,
): Promise<unknown> {
  try {
    return await importModule(url);
  } catch (thrown) {
    const message = `The module ${url} could not be imported: ${withoutImporter(describe(thrown))}`;
    throw new CoppiceError(code, message, { url }, thrown);
  }
}

/** Cuts off the file of this library that imported a module; its user did not write that. */
function withoutImporter(message: string): string {
  return message.replace(/ imported from \S+$/, "");
}

function exportOf(module: unknown): unknown {
  return (module as { readonly default?: unknown } | null | undefined)?.default;
}

/** Checks the shape of a value, because the module may bring its own copy of XState. */
function isMachine(value: unknown): value is AnyStateMachine {
  if (typeof value !== "object" || value === null) return false;
  const { root, transition, getInitialSnapshot, getPersistedSnapshot, provide } =
    value as Partial<AnyStateMachine>;
  const methods = [transition, getInitialSnapshot, getPersistedSnapshot, provide];
  return root !== undefined && methods.every((method) => typeof method === "function");
}

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  return valueKind(value);
}
