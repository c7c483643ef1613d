import { headOf } from "./bounded-body.ts";
import { failedBy, HttpRefusal, refusedBy } from "./http-refusal.ts";
import type { HttpServer } from "./mcp-config.ts";
import { Secrets } from "./secrets.ts";

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Bytes of an error's body that are read: enough for its first words. */
const HEAD_BYTES = 4_096;
/** Milliseconds to wait for an error's body: its status alone says most. */
const HEAD_MS = 1_000;
const SCHEMES = /^(basic|bearer|digest|token)$/i;

export interface Posted {
  readonly body: string;
  readonly signal: AbortSignal;
  /** True when the request begins a session, and so belongs to none. */
  readonly isFirst?: boolean;
}

/**
 * The requests to one MCP server over HTTP: its URL, its headers, and the session they belong to.
 *
 * **Guarantees** a request that is refused or fails rejects with a {@link HttpRefusal} that says
 * why, and contains neither a header's value nor the query of the URL.
 * **Gotcha** Node's `fetch` gives up on a server that sends nothing for five minutes.
 */
export class HttpExchange {
  sessionId: string | undefined;
  protocolVersion: string | undefined;
  readonly secrets: Secrets;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, headers = {} }: HttpServer) {
    this.#url = new URL(url);
    this.#headers = headers;
    const words = Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]);
    const written = this.#url.search.slice(1).split("&");
    const query = [...written, ...written.map((pair) => pair.replace(/^[^=]*=/, ""))];
    const given = [...words, ...query, ...this.#url.searchParams.values()];
    this.secrets = new Secrets(given.filter((word) => !SCHEMES.test(word)));
  }

  /** Sends a request. Rejects for any status other than success. */
  post({ body, signal, isFirst = false }: Posted): Promise<Response> {
    const headers = this.#common(isFirst);
    headers.set("content-type", "application/json");
    headers.set("accept", "application/json, text/event-stream");
    return this.#send({ method: "POST", headers, body, signal });
  }

  /** Opens the stream of notifications, or continues it after the last event that arrived. */
  listen(lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
    const headers = this.#common(false);
    headers.set("accept", "text/event-stream");
    // A header holds bytes, an id any text.
    if (lastEventId !== undefined) {
      headers.set("last-event-id", Buffer.from(lastEventId, "utf8").toString("latin1"));
    }
    return this.#send({ method: "GET", headers, signal });
  }

  /** Ends the session, if there is one. */
  async endSession(signal: AbortSignal): Promise<void> {
    if (this.sessionId === undefined) return;
    const headers = this.#common(false);
    const response = await this.#send({ method: "DELETE", headers, signal });
    await response.body?.cancel();
  }

  /** Turns an error thrown while reading a body into a failure of the server. */
  failed(error: unknown): HttpRefusal {
    return this.#discreet(failedBy(error, this.#url.host));
  }

  async #send(init: RequestInit & { readonly headers: Headers }): Promise<Response> {
    let url = this.#url;
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.#fetch(url, init);
      if (response.ok) return response;
      const next = nextOf(response, url, init.method);
      if (next === undefined || redirects === MAX_REDIRECTS) {
        throw await this.#refused(response, url, init.headers.has("mcp-session-id"));
      }
      await response.body?.cancel();
      url = next;
    }
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, redirect: "manual" });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw this.failed(error);
    }
  }

  async #refused(response: Response, url: URL, hasSession: boolean): Promise<HttpRefusal> {
    const { status, headers } = response;
    const refused = {
      status,
      type: headers.get("content-type") ?? "",
      head: this.secrets.beginning(await headOf(response, HEAD_BYTES, HEAD_MS), HEAD_BYTES),
      retryAfter: headers.get("retry-after"),
      location: shownTarget(response, url),
    };
    return this.#discreet(refusedBy(refused, hasSession));
  }

  #discreet({ kind, message, status, cause }: HttpRefusal): HttpRefusal {
    return new HttpRefusal(kind, this.secrets.conceal(message), status, cause);
  }

  #common(isFirst: boolean): Headers {
    const headers = new Headers(this.#headers);
    if (isFirst) return headers;
    if (this.sessionId !== undefined) headers.set("mcp-session-id", this.sessionId);
    if (this.protocolVersion !== undefined) {
      headers.set("mcp-protocol-version", this.protocolVersion);
    }
    return headers;
  }
}

/**
 * Returns the target of a redirect that may be followed, so that the headers are sent nowhere else:
 * with the same method, and to the same origin, or from http to https on the same host and the
 * default ports.
 */
function nextOf(response: Response, from: URL, method = "GET"): URL | undefined {
  const target = targetOf(response, from);
  const keepsMethod = response.status === 307 || response.status === 308 || method === "GET";
  if (target === undefined || !keepsMethod || target.username || target.password) return undefined;
  const isUpgrade =
    from.protocol === "http:" && target.protocol === "https:" && !from.port && !target.port;
  const isSame = target.origin === from.origin || (isUpgrade && target.hostname === from.hostname);
  return isSame ? target : undefined;
}

function shownTarget(response: Response, from: URL): string | undefined {
  const target = targetOf(response, from);
  return target === undefined ? undefined : `${target.origin}${target.pathname}`;
}

function targetOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get("location");
  if (!REDIRECTS.has(status) || location === null || !URL.canParse(location, from.href)) {
    return undefined;
  }
  return new URL(location, from);
}
