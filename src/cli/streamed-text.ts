/** Text of one agent that waits for the end of its line, cut there if none comes. */
const LONGEST_LINE = 1_000;

/** Puts the pieces that models stream together into lines, for each agent by itself. */
export class StreamedText {
  readonly #open = new Map<string, string>();

  /** Takes one more piece; answers with the lines it has ended. */
  add(path: string, piece: string): readonly string[] {
    const lines = ((this.#open.get(path) ?? "") + piece).split("\n");
    const last = lines.pop() ?? "";
    if (last.length < LONGEST_LINE) this.#open.set(path, last);
    else {
      this.#open.delete(path);
      lines.push(last);
    }
    return lines.filter((line) => line.trim() !== "");
  }

  /** What an agent has said of a line that nothing more will come to. */
  end(path: string): readonly string[] {
    const line = this.#open.get(path) ?? "";
    this.#open.delete(path);
    return line.trim() === "" ? [] : [line];
  }
}
