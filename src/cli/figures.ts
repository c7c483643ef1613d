import type { Usage } from "../index.ts";

/** The usage of one agent or one model; `cachedTokens` are part of `inputTokens`. */
export interface Figures extends Usage {
  readonly cachedTokens: number;
}

export const NO_FIGURES: Figures = {
  usd: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  toolCalls: 0,
  modelCalls: 0,
};

export function addFigures(a: Figures, b: Partial<Figures>): Figures {
  return {
    usd: a.usd + (b.usd ?? 0),
    inputTokens: a.inputTokens + (b.inputTokens ?? 0),
    cachedTokens: a.cachedTokens + (b.cachedTokens ?? 0),
    outputTokens: a.outputTokens + (b.outputTokens ?? 0),
    toolCalls: a.toolCalls + (b.toolCalls ?? 0),
    modelCalls: a.modelCalls + (b.modelCalls ?? 0),
  };
}
