/** UTF-16 units of one agent's unfinished line; a longer line is passed on as it is. */
const MAX_LINE_LENGTH = 1_000;

/** Joins the pieces that models stream into lines, for each agent separately. */
export class StreamedText {
  readonly #open = new Map<string, string>();

  /** Adds a piece of text; returns the lines that it completes. */
  add(path: string, piece: string): readonly string[] {
    const lines = ((this.#open.get(path) ?? "") + piece).split("\n");
    const last = lines.pop() ?? "";
    if (last.length < MAX_LINE_LENGTH) this.#open.set(path, last);
    else {
      this.#open.delete(path);
      lines.push(last);
    }
    return lines.filter((line) => line.trim() !== "");
  }

  /** Ends an agent's unfinished line and returns it. */
  end(path: string): readonly string[] {
    const line = this.#open.get(path) ?? "";
    this.#open.delete(path);
    return line.trim() === "" ? [] : [line];
  }
}
