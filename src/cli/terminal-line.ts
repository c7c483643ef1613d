import { styleText } from "node:util";
import type { Happening, Tone } from "../log/happening.ts";
import { oneLine } from "../log/visible.ts";
import { cut, cutStart, toLeft, widthOf } from "./text-width.ts";

/** The width of a terminal, and its support of colours. */
export interface TerminalShape {
  readonly columns: number;
  readonly colours: boolean;
}

/** Below this width a line has neither the time nor aligned columns. */
const NARROW_COLUMNS = 60;
const PATH_COLUMNS = 24;
const WHAT_COLUMNS = 11;
const styles: { readonly [T in Tone]: "reset" | "dim" | "green" | "yellow" | "red" } = {
  plain: "reset",
  quiet: "dim",
  good: "green",
  warning: "yellow",
  bad: "red",
};

/**
 * Lays a happening out as one line: time, path by depth, what, details cut to the width.
 *
 * **Guarantees** one line without control characters, whatever a model or a tool has written.
 * @param afterMs milliseconds since the first happening
 */
export function terminalLine(
  { what, detail, tone }: Happening,
  path: string,
  afterMs: number,
  { columns, colours }: TerminalShape,
): string {
  const paint = (style: (typeof styles)[Tone], text: string): string =>
    colours && style !== "reset" ? styleText(style, text, { validateStream: false }) : text;
  if (columns < NARROW_COLUMNS) {
    const place = cutStart(path, Math.floor(columns / 3));
    const left = columns - widthOf(place) - what.length - 2;
    const line = `${what} ${cut(oneLine(detail), Math.max(0, left))}`.trimEnd();
    return `${place} ${paint(styles[tone], line)}`.trimStart();
  }
  const time = `${(afterMs / 1000).toFixed(2)}s`.padStart(8);
  const width = Math.min(PATH_COLUMNS, Math.floor(columns / 3));
  const place = toLeft(cutStart(indented(path), width), width);
  const did = what.padEnd(WHAT_COLUMNS);
  const left = columns - time.length - widthOf(place) - did.length - 4;
  const rest = cut(oneLine(detail), Math.max(0, left));
  return `${paint("dim", time)}  ${place} ${paint(styles[tone], `${did} ${rest}`.trimEnd())}`;
}

function indented(path: string): string {
  const depth = path === "/" ? 0 : path.split("/").length - 1;
  return `${"  ".repeat(Math.max(0, depth - 1))}${path}`;
}
