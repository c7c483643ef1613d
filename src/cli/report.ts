import type { RuntimeEvent } from "../index.ts";
import { type Happening, happeningOf } from "./happening.ts";
import { StreamedText } from "./streamed-text.ts";
import { type TerminalShape, terminalLine } from "./terminal-line.ts";

/** Turns events, in order, into the lines that people read. */
export class Report {
  readonly #shape: () => TerminalShape;
  readonly #wants: (happening: Happening) => boolean;
  readonly #text = new StreamedText();
  #from: number | undefined;

  /**
   * @param shape asked for each line, because terminals change their width
   * @param wants which happenings are told; all of them where it is left out
   */
  constructor(shape: () => TerminalShape, wants: (happening: Happening) => boolean = () => true) {
    this.#shape = shape;
    this.#wants = wants;
  }

  lines(event: RuntimeEvent): readonly string[] {
    const { type, path, at } = event;
    this.#from ??= at;
    const after = at - this.#from;
    const shape = this.#shape();
    const said =
      type === "agent.output"
        ? this.#text.add(path, String(event.text))
        : type === "tool.progress"
          ? []
          : this.#text.end(path);
    const happenings: Happening[] = said.map((detail) => ({ what: "says", detail, tone: "plain" }));
    const happening = happeningOf(event);
    if (happening !== undefined) happenings.push(happening);
    return happenings.filter(this.#wants).map((one) => terminalLine(one, path, after, shape));
  }
}
