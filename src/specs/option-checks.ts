import { check } from "./check.ts";
import { spawnSchema, stopSchema, usageSchema, valueSchema } from "./spec-schema.ts";

/** Checks of the arguments of a supervisor's methods. Each fails with OPTIONS_INVALID. */
export const optionChecks = {
  spawn: (options: unknown) => check(spawnSchema, options, "spawn"),
  stop: (options: unknown) => check(stopSchema, options, "stop"),
  usage: (filter: unknown) => check(usageSchema, filter, "usage"),
  value: (ref: unknown) => check(valueSchema, ref, "value"),
} as const;

export type OptionChecks = typeof optionChecks;
