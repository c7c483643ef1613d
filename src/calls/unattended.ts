import type { PendingApproval } from "../wire/approval.ts";
import { shownText } from "../wire/shown-text.ts";

type Asked = Pick<PendingApproval, "id" | "path" | "subject">;

/** Warns once that a question was asked and no one can answer it. */
export class UnattendedWarning {
  readonly #timeoutMs: number;
  #isGiven = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  give({ id, path, subject }: Asked): void {
    if (this.#isGiven) return;
    this.#isGiven = true;
    const message =
      `${path} asks for ${shownText(subject)} and nobody could answer: there is no \`approve\`, ` +
      "no listener of approval.requested and no reader of events(). It is refused after " +
      `${this.#timeoutMs} ms unless decide("${id}", ...) comes before; this is said once`;
    const type = "CoppiceUnattendedWarning";
    process.emitWarning(message, { type, code: "COPPICE_UNATTENDED" });
  }
}
