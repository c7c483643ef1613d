import type { ModelCheck } from "./model-demand.ts";
import type { MessageCheck, Request, SpawnCheck, ToolCheck } from "./request.ts";
import type { Permitted, Rights, Wish } from "./rights.ts";
import type { Standing } from "./standing.ts";
import { messageSubject, SubjectTexts, spawnSubject } from "./subjects.ts";
import { type Asking, GRANTED, type Refused, stopped, type Verdict } from "./verdict.ts";

type Right = Permitted | Asking | Refused;

/** Checks the rights of requests by standings; a closed standing has none. */
export class Wishes {
  readonly #rights: Rights;
  readonly #subjects = new SubjectTexts();

  constructor(rights: Rights) {
    this.#rights = rights;
  }

  tool(standing: Standing, ask: ToolCheck): Right {
    const { callId: key, tool, input, approved, version, allowed } = ask;
    const subject = this.#subjects.ofTool(tool);
    const { path: node } = standing;
    const wish = { type: "check", node, subject, key, input, approved, version, allowed } as const;
    return this.#ask(standing, wish);
  }

  model(standing: Standing, { callId, model, approved }: ModelCheck & Request): Right {
    const subject = this.#subjects.ofModel(model);
    return this.#ask(standing, {
      type: "check",
      node: standing.path,
      subject,
      key: callId,
      approved,
    });
  }

  spawn(standing: Standing, { template, ...request }: SpawnCheck): Verdict {
    return this.#grant(standing, spawnSubject(template), request);
  }

  message(standing: Standing, { to, relation, ...request }: MessageCheck): Verdict {
    return this.#grant(standing, messageSubject(to), request, relation !== "other");
  }

  #ask(standing: Standing, wish: Wish): Right {
    return standing.closed ? stopped(standing.path) : this.#rights.ask(wish);
  }

  /** Checks a request that costs nothing but its right. */
  #grant(
    standing: Standing,
    subject: string,
    { callId: key, approved }: Request,
    byDefault?: boolean,
  ): Verdict {
    const wish = { type: "check", node: standing.path, subject, key, approved, byDefault } as const;
    const right = this.#ask(standing, wish);
    if (right.status !== "permitted") return right;
    this.#rights.take(right);
    return GRANTED;
  }
}
