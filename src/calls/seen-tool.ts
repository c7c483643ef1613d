import type { Engine } from "../engine/engine.ts";

/** The facts about a tool at the moment when a step looked. */
export interface SeenTool {
  /** Its true name. */
  readonly subject: string;
  /** The hash of its definition, which changes with its description and its input. */
  readonly version?: string | undefined;
  readonly isKnown: boolean;
}

/** Looks up a tool by the name that an agent calls it by; a server may have changed its list. */
export function lookAtTool({ outside, parts }: Engine, name: string): SeenTool {
  const { toolbox } = parts;
  return outside.look("tool", () => {
    const subject = toolbox.subjectOf(name);
    return { subject, version: toolbox.hashOf(subject), isKnown: toolbox.knows(subject) };
  });
}
