import { once } from "node:events";
import { WebSocket } from "ws";

interface Told {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** One who watches, and remembers all that was said. */
export interface Viewer extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly told: readonly Told[];
  /** Resolves once what was told fits. */
  until(fits: (told: readonly Told[]) => boolean): Promise<void>;
}

/** Opens the inspector's socket as Stately's inspectors do, or as the page (`live`) does. */
export async function openViewer(url: string, name: "" | "live" = ""): Promise<Viewer> {
  const socket = new WebSocket(new URL(name, url.replace(/^http/, "ws")));
  const told: Told[] = [];
  const waiting = new Set<() => void>();
  socket.on("message", (data) => {
    told.push(JSON.parse(String(data)));
    for (const look of [...waiting]) look();
  });
  await once(socket, "open");
  return {
    socket,
    told,
    until(fits) {
      if (fits(told)) return Promise.resolve();
      return new Promise((resolve) => {
        const look = (): void => {
          if (!fits(told)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    async [Symbol.asyncDispose]() {
      if (socket.readyState === socket.CLOSED) return;
      const closed = once(socket, "close");
      socket.terminate();
      await closed;
    },
  };
}

/** The status with which a socket is refused; 101 when it is let in. */
export async function statusOf(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), { headers });
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
  socket.on("open", () => resolve(101));
  // Ending it before it was open is told as an error too.
  socket.on("error", () => resolve(0));
  const status = await promise;
  socket.terminate();
  return status;
}
