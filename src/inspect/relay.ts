import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import { readAsset } from "./page-assets.ts";
import type { ViewerKind, Viewers } from "./viewers.ts";

const LOOPBACK = "127.0.0.1";

/** Most connections: viewers, their requests, and strangers. One beyond them is closed at once. */
const MAX_CONNECTIONS = 256;
/** Milliseconds for a request to arrive, and between two checks for requests that take longer. */
const LIMITS = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

export interface RelayOptions {
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  readonly token: string;
  readonly viewers: Viewers;
  /** Returns the first messages for a new viewer. */
  readonly greeting: (kind: ViewerKind) => Iterable<object>;
  /** Returns the balance of an agent's budget; undefined for an agent that does not exist. */
  readonly budget: (path: string) => object | undefined;
}

/**
 * Serves the page and the viewers' sockets on loopback, below a path that is the token.
 *
 * **Guarantees** Nothing is served to a client without the token, to a page of another origin, or
 * under a host name other than this machine's loopback. Nothing that a viewer sends has an effect.
 * No connection outlives `stop`, whatever its other side does.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #server: Server;
  /** Every connection; the server itself forgets those that asked for an upgrade. */
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#server = createServer(LIMITS);
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Address of the page; with `ws:` in place of `http:`, the address for Stately's inspectors. */
  get url(): string {
    return `http://${LOOPBACK}:${this.#port}/${this.#options.token}/`;
  }

  async listen(): Promise<void> {
    const { port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ host: LOOPBACK, port }, () => resolve());
    try {
      await promise;
    } catch (thrown) {
      const message = `inspect: port ${port} cannot be opened: ${describe(thrown)}`;
      throw new CoppiceError("OPTIONS_INVALID", message, { port });
    }
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await this.#options.viewers.stop();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    // A closed server keeps the event loop alive for one more turn.
    await setImmediate();
    await setImmediate();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = this.#refusalOf(request);
    if (refused !== undefined) return void response.writeHead(refused, HEADERS).end();
    if (request.method !== "GET") return void response.writeHead(405, HEADERS).end();
    const url = this.#urlOf(request);
    const name = this.#nameIn(url);
    if (name === "budget") {
      const budget = this.#options.budget(url.searchParams.get("path") ?? "");
      const type = { "content-type": "application/json" };
      response.writeHead(budget === undefined ? 404 : 200, { ...HEADERS, ...type });
      return void response.end(JSON.stringify(budget ?? null));
    }
    const asset = await readAsset(name);
    if (asset === undefined) return void response.writeHead(404, HEADERS).end();
    response.writeHead(200, { ...HEADERS, "content-type": asset.type }).end(asset.body);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The server does not handle errors of a socket that was upgraded.
    socket.on("error", () => socket.destroy());
    const { viewers, greeting } = this.#options;
    const name = this.#nameIn(this.#urlOf(request));
    const known = name === "" || name === "live";
    const refused = this.#refusalOf(request) ?? (known ? undefined : 404);
    if (refused !== undefined) return refuse(socket, refused);
    if (viewers.isFull) return refuse(socket, 503);
    const kind = name === "live" ? "page" : "stately";
    viewers.admit(kind, [request, socket, head], () => greeting(kind));
  }

  /**
   * Returns the status that refuses a request. The token is checked first, so that a client without
   * it learns nothing.
   */
  #refusalOf(request: IncomingMessage): number | undefined {
    const [, token = ""] = this.#urlOf(request).pathname.split("/", 2);
    if (!isSame(token, this.#options.token)) return 404;
    const { host = "", origin } = request.headers;
    const hosts = [`${LOOPBACK}:${this.#port}`, `localhost:${this.#port}`];
    // Refuses a host name that others have made to mean this machine.
    if (!hosts.includes(host)) return 421;
    if (origin !== undefined && origin !== `http://${host}`) return 403;
    return undefined;
  }

  #urlOf({ url = "/" }: IncomingMessage): URL {
    return URL.parse(url, `http://${LOOPBACK}`) ?? new URL(`http://${LOOPBACK}/`);
  }

  #nameIn({ pathname }: URL): string {
    return pathname.slice(this.#options.token.length + 2);
  }
}

/** Compares in a time that does not reveal how much is right. */
function isSame(said: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(said), digest(token));
}

function refuse(socket: Duplex, status: number): void {
  const answer = `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  // Else the other side could keep its half open for as long as it likes.
  socket.end(answer, () => socket.destroy());
}
