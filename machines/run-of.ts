/** Returns the top-level path that a path is at or below, which names its run; "/" for the root. */
export function runOf(path: string): string {
  const end = path.indexOf("/", 1);
  return end < 0 ? path : path.slice(0, end);
}

/** Returns the path of the agent that made a call; a call id begins with it. */
export function callerOf(callId: string): string {
  return callId.slice(0, callId.lastIndexOf("#"));
}
