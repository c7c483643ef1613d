/**
 * Recomputes what the two encoders make of the samples that the estimate of tokens is tested with,
 * writes it into the fixture, and prints how near the estimate is and how fast.
 *
 * `node --conditions=coppice-source test/bench/tokens.ts`
 */
import { writeFileSync } from "node:fs";
import { getTokenizer } from "@anthropic-ai/tokenizer";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { textTokens } from "../../src/wire/text-tokens.ts";
import { adversarialTexts, inventedWords, type Text } from "../fixtures/adversarial-texts.ts";
import { prose } from "../fixtures/prose-samples.ts";
import { tokenSamples } from "../fixtures/token-samples.ts";

const encoder = getTokenizer();
/** As the package itself counts, which makes the encoder anew for each text. */
const claude2 = (text: string) => encoder.encode(text.normalize("NFKC"), "all").length;
const o200k = (text: string) => countTokens(text, { allowedSpecial: "all" });

const counts = (texts: readonly Text[]) =>
  texts.map(({ what, text }) => ({ what, text, counts: [claude2(text), o200k(text)] as const }));

const groups = {
  prose: counts(prose),
  adversarial: counts(adversarialTexts),
  invented: counts(inventedWords),
};

const rows = Object.values(groups)
  .flat()
  .map(({ what, counts }) => `  [${JSON.stringify(what)}, ${counts[0]}, ${counts[1]}],`);
writeFileSync(
  new URL("../fixtures/token-counts.ts", import.meta.url),
  `/** Tokens by Claude 2's encoder and by OpenAI's o200k; written by test/bench/tokens.ts. */
export const tokenCounts: readonly (readonly [what: string, claude2: number, o200k: number])[] = [
${rows.join("\n")}
];
`,
);

for (const { what, text, ...said } of tokenSamples) {
  const real = { claude2: claude2(text), o200k: o200k(text) };
  if (real.claude2 === said.claude2 && real.o200k === said.o200k) continue;
  process.stdout.write(`${what} is ${JSON.stringify(real)} now\n`);
}

for (const [group, texts] of Object.entries(groups)) {
  const shares = texts.map(({ text, counts }) => textTokens(text) / Math.max(...counts));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  const told = [least, mean, most].map((share) => share.toFixed(2)).join(", ");
  process.stdout.write(`${group}: ${shares.length} texts, least, mean and most ${told}\n`);
}

const texts = [...prose, ...adversarialTexts].map(({ text }) => text);
const characters = texts.reduce((sum, text) => sum + text.length, 0);
const speeds = Array.from({ length: 200 }, () => {
  const begin = performance.now();
  for (const text of texts) textTokens(text);
  return characters / (performance.now() - begin) / 1_000;
});
process.stdout.write(`${Math.max(...speeds).toFixed(0)} million characters a second at best\n`);
