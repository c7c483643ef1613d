import type { ModelAsk } from "./model-demand.ts";
import type { MessageAsk, Request, SpawnAsk, ToolAsk } from "./request.ts";
import type { Permitted, Rights, Wish } from "./rights.ts";
import type { Seat } from "./seat.ts";
import { messageSubject, SubjectTexts, spawnSubject } from "./subjects.ts";
import { type Asking, GRANTED, type Refused, stopped, type Verdict } from "./verdict.ts";

type Right = Permitted | Asking | Refused;

/** Asks the rights for what the seats want to do; one that is closed may do nothing. */
export class Wishes {
  readonly #rights: Rights;
  readonly #subjects = new SubjectTexts();

  constructor(rights: Rights) {
    this.#rights = rights;
  }

  tool(seat: Seat, ask: ToolAsk): Right {
    const { callId: key, tool, input, approved, version, allowed } = ask;
    const subject = this.#subjects.ofTool(tool);
    const { path: node } = seat;
    const wish = { type: "ask", node, subject, key, input, approved, version, allowed } as const;
    return this.#ask(seat, wish);
  }

  model(seat: Seat, { callId, model, approved }: ModelAsk & Request): Right {
    const subject = this.#subjects.ofModel(model);
    return this.#ask(seat, { type: "ask", node: seat.path, subject, key: callId, approved });
  }

  spawn(seat: Seat, { template, ...request }: SpawnAsk): Verdict {
    return this.#grant(seat, spawnSubject(template), request);
  }

  message(seat: Seat, { to, relation, ...request }: MessageAsk): Verdict {
    return this.#grant(seat, messageSubject(to), request, relation !== "other");
  }

  #ask(seat: Seat, wish: Wish): Right {
    return seat.closed ? stopped(seat.path) : this.#rights.ask(wish);
  }

  /** For what costs nothing but the right. */
  #grant(
    seat: Seat,
    subject: string,
    { callId: key, approved }: Request,
    byDefault?: boolean,
  ): Verdict {
    const wish = { type: "ask", node: seat.path, subject, key, approved, byDefault } as const;
    const right = this.#ask(seat, wish);
    if (right.status !== "permitted") return right;
    this.#rights.take(right);
    return GRANTED;
  }
}
