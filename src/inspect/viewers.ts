import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** Stately's inspectors know one format; our page is told of the tree besides. */
export type ViewerKind = "stately" | "page";

/** Viewers at a time. */
export const MOST_VIEWERS = 32;
/** Bytes that a viewer may leave unread before it is dropped. */
export const MOST_UNREAD_BYTES = 8 * 1024 * 1024;
/** Nothing a viewer says is read: more than this ends it. */
const MOST_SAID_BYTES = 1_024;
/** Milliseconds for a viewer to take note that it is dropped. */
const FAREWELL_MS = 1_000;

/** A viewer did not read what it was sent: it may come again and see what is alive. */
export const TOO_SLOW = 4008;
const GOING_AWAY = 1001;

interface Viewer {
  readonly socket: WebSocket;
  readonly kind: ViewerKind;
}

/** Those who watch: they come, go, stall and say what they like, and nothing here minds. */
export class Viewers {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MOST_SAID_BYTES });
  readonly #viewers = new Set<Viewer>();
  readonly #ending = new Map<WebSocket, NodeJS.Timeout>();

  get count(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.#viewers.size >= MOST_VIEWERS;
  }

  has(kind: ViewerKind): boolean {
    return [...this.#viewers].some((viewer) => viewer.kind === kind);
  }

  /** Lets a viewer in and tells it at once what there is. */
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
      // What breaks is followed by its close, and whatever it says is not for us.
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

  /** Resolves when the last of them is gone. */
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
    if (socket.bufferedAmount + text.length > MOST_UNREAD_BYTES) {
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
