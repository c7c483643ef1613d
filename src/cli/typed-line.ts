import type { Key } from "node:readline";

/** The most characters of an answer; further keys are ignored. */
const MAX_CHARACTERS = 4_000;
const UNTYPED = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A line of text that is being typed, key by key. */
export class TypedLine {
  text = "";

  /** Takes a key; returns true when it ends the line. */
  press(typed: string | undefined, { name, ctrl = false, meta = false }: Key): boolean {
    if (name === "return" || name === "enter") return true;
    // Ctrl-D ends an empty line only.
    if (ctrl && name === "d") return this.text === "";
    if (ctrl && name === "u") this.text = "";
    else if (name === "backspace") this.#eraseLast();
    else if (!ctrl && !meta && typed !== undefined && typed !== "" && !UNTYPED.test(typed)) {
      if (this.text.length < MAX_CHARACTERS) this.text += typed;
    }
    return false;
  }

  #eraseLast(): void {
    const last = [...letters.segment(this.text)].at(-1);
    if (last !== undefined) this.text = this.text.slice(0, last.index);
  }
}
