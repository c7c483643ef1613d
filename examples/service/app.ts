/** The routes: runs for tenants, and what whoever operates the service asks. */
import { CoppiceError, type Outcome, type Supervisor } from "coppice";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import { metricsOf } from "./metrics.ts";
import { streamRun } from "./stream.ts";
import { Admission, type Tenant, tenantOf } from "./tenants.ts";

const MAX_BYTES = 64 * 1024;

/** What a refusal is called over HTTP; whoever comes back later may succeed. */
const statuses: Readonly<Record<string, 400 | 402 | 429 | 503>> = {
  QUEUE_FULL: 429,
  BUDGET_EXCEEDED: 402,
  OPTIONS_INVALID: 400,
  SUPERVISOR_STOPPED: 503,
};

export class Service {
  readonly app = new Hono<{ Variables: { tenant: Tenant } }>();
  readonly #supervisor: Supervisor;
  readonly #admission: Admission;
  readonly #runs = new Set<Promise<Outcome>>();
  #closed = false;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    this.#admission = new Admission(supervisor);
    this.#operations();
    this.#intake();
    this.app.onError((error, c) => {
      const status = error instanceof CoppiceError ? statuses[error.code] : undefined;
      if (status === undefined) console.error(error);
      if (status === 429 || status === 503) c.header("retry-after", "1");
      return c.json({ error: status === undefined ? "internal" : error.message }, status ?? 500);
    });
  }

  /** Takes no more runs; resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#runs);
  }

  #operations(): void {
    const { app } = this;
    app.get("/health", (c) => {
      const { live, reasons } = this.#supervisor.health();
      return c.json({ live, reasons }, live ? 200 : 503);
    });
    app.get("/ready", (c) => {
      const ready = this.#supervisor.health().ready && !this.#closed;
      return c.json({ ready }, ready ? 200 : 503);
    });
    app.get("/metrics", (c) =>
      c.text(metricsOf(this.#supervisor, this.#admission), 200, {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
      }),
    );
  }

  #intake(): void {
    const { app } = this;
    const tooLong = bodyLimit({
      maxSize: MAX_BYTES,
      onError: (c) => c.json({ error: `send at most ${MAX_BYTES} bytes` }, 413),
    });
    app.use("/runs", tooLong, async (c, next) => {
      const key = c.req.header("x-api-key");
      if (key === undefined) return c.json({ error: "x-api-key is missing" }, 401);
      const tenant = tenantOf(key);
      if (tenant === undefined) return c.json({ error: "this key is nobody's" }, 403);
      c.set("tenant", tenant);
      return next();
    });
    app.post("/runs", async (c) => {
      const body: unknown = await c.req.json().catch(() => undefined);
      const { input } = Object(body) as { readonly input?: unknown };
      if (typeof input !== "string" || input === "") {
        return c.json({ error: 'send { "input": "some text" }' }, 400);
      }
      const tenant = c.get("tenant");
      if (this.#closed) throw new CoppiceError("SUPERVISOR_STOPPED", "the service is closing");
      const entered = this.#admission.enter(tenant);
      if (entered === "no money left") return c.json({ error: entered }, 402);
      if (entered !== "ok") return c.json({ error: entered }, 429, { "retry-after": "1" });
      // The signal is aborted when the client hangs up, and with it ends everything of the run.
      const ref = await this.#begin(tenant, input, c.req.raw.signal);
      return streamSSE(c, (stream) => streamRun(stream, ref));
    });
  }

  async #begin(tenant: Tenant, input: string, signal: AbortSignal) {
    try {
      const ref = await this.#supervisor.spawn("assistant", {
        input,
        signal,
        labels: { tenant: tenant.name },
        budget: { usd: tenant.usdPerRun, toolCalls: 10 },
      });
      this.#runs.add(ref.outcome);
      void ref.outcome.then(({ status }) => {
        this.#runs.delete(ref.outcome);
        this.#admission.leave(tenant, status);
      });
      return ref;
    } catch (error) {
      this.#admission.leave(tenant, "refused");
      throw error;
    }
  }
}
