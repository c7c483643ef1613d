/**
 * The way to ask for a decision in which what all runs share has a part: the budget and the rights
 * of the root. Each answer is noted with the step that asked for it, so that the steps of one run
 * rebuild that run without the others.
 *
 * **Guarantees** every answer is plain JSON.
 */
export interface Shared {
  /**
   * Decides; or, where a run is taken again alone, has what was answered then applied to that run
   * by a request with it as `given`, and answers it.
   *
   * @param to names the decision among those of its step
   */
  decide<Request extends object, Answer>(
    to: string,
    decide: (request: Request) => Answer,
    request: Request,
  ): Answer;
}

/** Everything is here, and nothing is noted. */
export const WHOLE: Shared = {
  decide: (_to, decide, request) => decide(request),
};
