import type { RuntimeEvent } from "../index.ts";
import type { Happening } from "../log/happening.ts";
import { Happenings } from "../log/happenings.ts";
import { type TerminalShape, terminalLine } from "./terminal-line.ts";

/** Turns events, in order, into lines for people. */
export class Report {
  readonly #shape: () => TerminalShape;
  readonly #wants: (happening: Happening) => boolean;
  readonly #happenings = new Happenings();
  #from: number | undefined;

  /**
   * @param shape called for each line, because the width of a terminal changes
   * @param wants selects the happenings to report; default: all
   */
  constructor(shape: () => TerminalShape, wants: (happening: Happening) => boolean = () => true) {
    this.#shape = shape;
    this.#wants = wants;
  }

  lines(event: RuntimeEvent): readonly string[] {
    const { path, at } = event;
    this.#from ??= at;
    const after = at - this.#from;
    const shape = this.#shape();
    const wanted = this.#happenings.of(event).filter(this.#wants);
    return wanted.map((one) => terminalLine(one, path, after, shape));
  }
}
