import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Budget, Grant, Limits } from "../wire/spec.ts";
import { check } from "./check.ts";
import { workspaceSchema } from "./spec-schema.ts";

/** The file that bounds every supervisor started in its folder. */
export const WORKSPACE_FILE = "coppice.config.json";

/**
 * What a workspace may say: bounds and rights, as data. It names no module and no server.
 *
 * The lowest layer: a supervisor's options can only tighten it, a spec only tightens those.
 */
export interface Workspace {
  readonly limits?: Limits;
  readonly budget?: Budget;
  /** Beside the options' grants: both must allow. A list of denies only takes away. */
  readonly grants?: readonly Grant[];
}

/**
 * Reads the workspace file of a folder; nothing where there is none.
 *
 * **Fails with** OPTIONS_INVALID for a file that cannot be read, is no JSON, or says anything else:
 * a bound that is not understood must not be taken for none.
 */
export function readWorkspace(folder: string | false = process.cwd()): Workspace {
  if (folder === false) return {};
  const file = join(folder, WORKSPACE_FILE);
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
  check(workspaceSchema, config, file);
  return config as Workspace;
}
