import type { Key } from "node:readline";

/** Nobody types more at a question. */
const MOST_CHARACTERS = 4_000;
const UNTYPED = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A line that is being typed, key by key. */
export class TypedLine {
  text = "";

  /** Takes a key; true when it was the last one. */
  press(typed: string | undefined, { name, ctrl = false, meta = false }: Key): boolean {
    if (name === "return" || name === "enter") return true;
    // The end of input: nothing was typed where nothing stands here.
    if (ctrl && name === "d") return this.text === "";
    if (ctrl && name === "u") this.text = "";
    else if (name === "backspace") this.#eraseLast();
    else if (!ctrl && !meta && typed !== undefined && typed !== "" && !UNTYPED.test(typed)) {
      if (this.text.length < MOST_CHARACTERS) this.text += typed;
    }
    return false;
  }

  #eraseLast(): void {
    const last = [...letters.segment(this.text)].at(-1);
    if (last !== undefined) this.text = this.text.slice(0, last.index);
  }
}
