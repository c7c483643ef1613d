import type { Page } from "./pages.ts";

export interface Snippet {
  /** `docs/watching.md:53` */
  readonly name: string;
  readonly code: string;
  /** Left out where the page does not say what it prints: then it is only compiled and run. */
  readonly output: string | undefined;
}

/** The programs of a page, each with the block of output that follows it, if there is one. */
export function snippetsOf({ path, text }: Page): Snippet[] {
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1],
    text: match[2] as string,
    start: match.index,
    end: match.index + match[0].length,
  }));
  return blocks.flatMap((block, index) => {
    if (block.language !== "ts") return [];
    const next = blocks[index + 1];
    const between = next === undefined ? "" : text.slice(block.end, next.start);
    // What stands between is one sentence at most: "prints:".
    const follows = next?.language === "text" && /^\n\n(?:[^\n]+:\n\n)?$/.test(between);
    const line = text.slice(0, block.start).split("\n").length;
    const output = follows ? next.text : undefined;
    return [{ name: `${path}:${line}`, code: block.text, output }];
  });
}
