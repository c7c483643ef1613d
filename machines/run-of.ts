/** The top-level path that a path is at or below, which names its run; "/" for the root. */
export function runOf(path: string): string {
  const end = path.indexOf("/", 1);
  return end < 0 ? path : path.slice(0, end);
}

/** Whose call it is: its id begins with the path of its agent. */
export function callerOf(callId: string): string {
  return callId.slice(0, callId.lastIndexOf("#"));
}
