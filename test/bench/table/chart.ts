import { shown } from "../figure.ts";
import { type Figures, isFailed, labelOf, type Standing } from "../recorded.ts";
import { machineOf } from "./goals-table.ts";

const TITLE = "Turns per second, 500 agents at once";
/** Pixels: as wide as it is shown, so that no letter is smaller than it is written. */
const WIDTH = 600;
const ROW = 36;
const TOP = 52;
const BAR = { left: 210, width: 290, height: 20 };

const STYLE = `
    text { font: 14px system-ui, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .note { font-size: 12px; fill: #59636e; }
    .paper { fill: #ffffff; }
    .ours { fill: #2f7d4f; }
    .theirs { fill: #8c959f; }
    .spread { stroke: #1f2328; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .note { fill: #9198a1; }
      .paper { fill: #0d1117; }
      .ours { fill: #4aa872; }
      .theirs { fill: #6e7681; }
      .spread { stroke: #e6edf3; }
    }
  `;

interface Bar {
  readonly name: string;
  readonly isOurs: boolean;
  /** Turns per second: the tenth percentile, the middle and the ninetieth; none if it failed. */
  readonly rates: readonly [number, number, number] | undefined;
}

/** One bar for each library, with a line from the tenth to the ninetieth percentile. */
export function renderChart(figures: Figures): string {
  const bars = figures.standings.flatMap(barOf);
  const most = Math.max(...bars.flatMap(({ rates }) => rates ?? []));
  const height = TOP + bars.length * ROW + 28;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}"
  viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">
  <title id="title">${TITLE}</title>
  <desc id="desc">${escaped(chartText(figures))}</desc>
  <style>${STYLE}</style>
  <rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>
  <text class="title" x="16" y="30">${TITLE}</text>
${bars.map((bar, index) => drawn(bar, TOP + index * ROW, most)).join("\n")}
  <text class="note" x="16" y="${height - 12}">${escaped(machineOf(figures))}</text>
</svg>
`;
}

/** The same in words. */
export function chartText(figures: Figures): string {
  const bars = figures.standings.flatMap(barOf).map(({ name, rates }) => {
    return `${name} ${rates === undefined ? "not measured" : shown(rates[1])}`;
  });
  return `${TITLE}: ${bars.join(", ")}`;
}

function barOf(standing: Standing): Bar[] {
  const { many } = standing;
  if (many === null) return [];
  const name = labelOf(standing).replaceAll("`", "");
  const isOurs = name.startsWith("Coppice");
  if (isFailed(many)) return [{ name, isOurs, rates: undefined }];
  const rate = (us: number): number => 1_000_000 / us;
  const { p10, median, p90 } = many.us;
  return [{ name, isOurs, rates: [rate(p90), rate(median), rate(p10)] }];
}

function drawn({ name, isOurs, rates }: Bar, y: number, most: number): string {
  const base = y + 15;
  const label = `  <text x="16" y="${base}">${escaped(name)}</text>`;
  if (rates === undefined) {
    return `${label}\n  <text class="note" x="${BAR.left}" y="${base}">not measured</text>`;
  }
  const [low, middle, high] = rates.map((rate) => Math.round((rate / most) * BAR.width)) as [
    number,
    number,
    number,
  ];
  const at = (width: number): number => BAR.left + width;
  const kind = isOurs ? "ours" : "theirs";
  const height = BAR.height;
  return `${label}
  <rect class="${kind}" x="${BAR.left}" y="${y}" width="${middle}" height="${height}" rx="2"/>
  <path class="spread" d="M${at(low)} ${y + height / 2}H${at(high)}"/>
  <text x="${at(high) + 8}" y="${base}">${shown(rates[1])}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
