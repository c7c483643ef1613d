import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Budget, Grant, Limits } from "../wire/spec.ts";
import { check } from "./check.ts";
import { folderBoundsSchema } from "./spec-schema.ts";

/** The name of the file that bounds every supervisor started in its folder. */
export const FOLDER_BOUNDS_FILE = "coppice.config.json";

/**
 * The contents of a folder's file: bounds and rights, as data. It names no module and no server.
 *
 * It is the lowest layer: a supervisor's options can only tighten it, and a spec can only tighten
 * those.
 */
export interface FolderBounds {
  readonly limits?: Limits;
  readonly budget?: Budget;
  /**
   * Grants that apply beside those of the options: both must allow. A list of denies only removes
   * rights.
   */
  readonly grants?: readonly Grant[];
}

/**
 * Reads the bounds of a folder; returns none when it has no such file.
 *
 * **Fails with** OPTIONS_INVALID for a file that cannot be read, is no JSON or has unknown fields:
 * a bound that is not understood must not count as no bound.
 */
export function readFolderBounds(folder: string | false = process.cwd()): FolderBounds {
  if (folder === false) return {};
  const file = join(folder, FOLDER_BOUNDS_FILE);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new CoppiceError("OPTIONS_INVALID", `${file} cannot be read: ${describe(thrown)}`);
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (thrown) {
    throw new CoppiceError("OPTIONS_INVALID", `${file} is no JSON: ${describe(thrown)}`);
  }
  check(folderBoundsSchema, config, file);
  return config as FolderBounds;
}
