/**
 * The port for decisions in which the shared state takes part: the budget and the rights of the
 * root. Each answer is recorded with the step that asked for it, so that the steps of one run
 * rebuild that run without the others.
 *
 * **Guarantees** every answer is plain JSON.
 */
export interface Shared {
  /**
   * Decides a request and returns the answer. In a replay of one run alone, `decide` only applies
   * the recorded answer, the request's `given`, to that run, and the recorded answer is returned.
   *
   * @param to the name of the decision among those of its step
   */
  decide<Request extends object, Answer>(
    to: string,
    decide: (request: Request) => Answer,
    request: Request,
  ): Answer;
}

/** The port of a process that has all state itself and records nothing. */
export const WHOLE: Shared = {
  decide: (_to, decide, request) => decide(request),
};
