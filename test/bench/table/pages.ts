import type { Figures } from "../recorded.ts";
import { renderChart } from "./chart.ts";
import { performanceBlock } from "./performance-block.ts";
import { readmeBlock } from "./readme-block.ts";

/** All that was measured; the pages are made of it, and of nothing else. */
export const FIGURES_FILE = "docs/figures.json";

const BEGIN = "<!-- made by `npm run bench:table` -->";
const END = "<!-- end of what it makes -->";

type Render = (figures: Figures, page: () => string) => string;

/** What is made of the figures: a path from the root, and the new text of that file. */
export const PAGES: readonly (readonly [path: string, render: Render])[] = [
  ["README.md", (figures, page) => between(page(), readmeBlock(figures))],
  ["docs/performance.md", (figures, page) => between(page(), performanceBlock(figures))],
  ["docs/turns.svg", (figures) => renderChart(figures)],
];

/** The page with another block between its two marks. */
export function between(page: string, block: string): string {
  const [before, rest, ...more] = page.split(`${BEGIN}\n`);
  const [, after, ...others] = rest?.split(END) ?? [];
  if (after === undefined || more.length > 0 || others.length > 0) {
    throw new Error(`The page must have one "${BEGIN}" and one "${END}" behind it`);
  }
  return `${before}${BEGIN}\n\n${block}\n\n${END}${after}`;
}
