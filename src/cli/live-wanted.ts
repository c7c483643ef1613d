interface Asked {
  readonly json: boolean;
  readonly plain: boolean;
}

/**
 * True when a live tree is drawn: on a terminal that can move its cursor, unless `--json`,
 * `--plain`, NO_COLOR or CI turns it off.
 */
export function isLiveWanted(
  { json, plain }: Asked,
  isTerminal: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (json || plain || isTerminal !== true) return false;
  return !env.NO_COLOR && !env.CI && env.TERM !== "dumb";
}
