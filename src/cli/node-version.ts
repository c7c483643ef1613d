const NEEDED = 24;

/** Returns one line that says what to do when this Node is too old to run agents. */
export function nodeTooOld(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= NEEDED) return undefined;
  return `coppice needs Node ${NEEDED} or newer, and this is Node ${version}: install a newer one.`;
}
