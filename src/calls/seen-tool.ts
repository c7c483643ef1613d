import type { Engine } from "../engine/engine.ts";

/** What was known of a tool when a step looked. */
export interface SeenTool {
  /** Its true name. */
  readonly subject: string;
  /** What it is: another one where its description or its input has changed. */
  readonly version?: string | undefined;
  readonly isKnown: boolean;
}

/** Looks at a tool under the name that an agent calls it by: a server may have changed its list. */
export function lookAtTool({ outside, parts }: Engine, name: string): SeenTool {
  const { toolbox } = parts;
  return outside.look("tool", () => {
    const subject = toolbox.subjectOf(name);
    return { subject, version: toolbox.hashOf(subject), isKnown: toolbox.knows(subject) };
  });
}
