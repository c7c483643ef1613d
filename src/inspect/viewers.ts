import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * The kind of a viewer. Stately's inspectors read one format; the library's page gets the tree too.
 */
export type ViewerKind = "stately" | "page";

/** Most viewers at a time. */
export const MAX_VIEWERS = 32;
/** Most bytes that a viewer may leave unread before it is dropped. */
export const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
/** Most bytes of a viewer's message. No message is read, and a longer one ends the viewer. */
const MAX_SAID_BYTES = 1_024;
/** Milliseconds for a viewer to close its socket once it is dropped. */
const FAREWELL_MS = 1_000;

/** Close code for a viewer that did not read what it was sent; it may connect again. */
export const TOO_SLOW = 4008;
const GOING_AWAY = 1001;

interface Viewer {
  readonly socket: WebSocket;
  readonly kind: ViewerKind;
}

/** The connected viewers. They may stall or send anything without any effect here. */
export class Viewers {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_SAID_BYTES });
  readonly #viewers = new Set<Viewer>();
  readonly #ending = new Map<WebSocket, NodeJS.Timeout>();

  get count(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.#viewers.size >= MAX_VIEWERS;
  }

  has(kind: ViewerKind): boolean {
    return [...this.#viewers].some((viewer) => viewer.kind === kind);
  }

  /** Admits a viewer and sends it the greeting at once. */
  admit(
    kind: ViewerKind,
    [request, socket, head]: readonly [IncomingMessage, Duplex, Buffer],
    greeting: () => Iterable<object>,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      const viewer = { socket: opened, kind };
      this.#viewers.add(viewer);
      opened.on("close", () => {
        this.#viewers.delete(viewer);
        clearTimeout(this.#ending.get(opened));
        this.#ending.delete(opened);
      });
      // A close follows an error, and a viewer's messages are ignored.
      opened.on("error", () => opened.terminate());
      opened.on("message", () => undefined);
      for (const message of greeting()) this.#send(viewer, JSON.stringify(message));
    });
  }

  tell(message: object, kind?: ViewerKind): void {
    if (this.#viewers.size === 0) return;
    const text = JSON.stringify(message);
    for (const viewer of this.#viewers) {
      if (kind === undefined || viewer.kind === kind) this.#send(viewer, text);
    }
  }

  /** Ends all viewers. Resolves when the last of them is gone. */
  async stop(): Promise<void> {
    const sockets = [...this.#viewers].map(({ socket }) => socket);
    await Promise.all(
      [...sockets, ...this.#ending.keys()].map(
        (socket) =>
          new Promise<void>((resolve) => {
            if (socket.readyState === socket.CLOSED) return resolve();
            socket.once("close", () => resolve());
            this.#end(socket, GOING_AWAY, "the supervisor has stopped");
          }),
      ),
    );
    this.#server.close();
  }

  #send(viewer: Viewer, text: string): void {
    const { socket } = viewer;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount + text.length > MAX_UNREAD_BYTES) {
      this.#viewers.delete(viewer);
      this.#end(socket, TOO_SLOW, "it did not read what it was sent; come again");
      return;
    }
    socket.send(text);
  }

  #end(socket: WebSocket, code: number, reason: string): void {
    socket.close(code, reason);
    if (this.#ending.has(socket)) return;
    this.#ending.set(
      socket,
      setTimeout(() => socket.terminate(), FAREWELL_MS),
    );
  }
}
