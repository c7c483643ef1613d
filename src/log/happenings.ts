import type { RuntimeEvent } from "../wire/event.ts";
import { type Happening, happeningOf } from "./happening.ts";
import { StreamedText } from "./streamed-text.ts";

/** Describes events in words, in order; streamed text is given by the line. */
export class Happenings {
  readonly #text = new StreamedText();

  of(event: RuntimeEvent): readonly Happening[] {
    const { type, path } = event;
    const said =
      type === "agent.output"
        ? this.#text.add(path, String(event.text))
        : type === "tool.progress"
          ? []
          : this.#text.end(path);
    const happenings: Happening[] = said.map((detail) => ({ what: "says", detail, tone: "plain" }));
    const happening = happeningOf(event);
    if (happening !== undefined) happenings.push(happening);
    return happenings;
  }
}
