/** The tool of 09-compute-tool.ts: counts primes, the slow way, and loops for ever below zero. */
import type { ToolContext } from "coppice";

export default function primes({ below }: { readonly below: number }, { progress }: ToolContext) {
  let found = 0;
  for (let candidate = 2; candidate !== below; candidate += 1) {
    let divisor = 2;
    while (divisor * divisor <= candidate && candidate % divisor !== 0) divisor += 1;
    if (divisor * divisor > candidate) found += 1;
    if (below > 0) progress(candidate / below);
  }
  return found;
}
