import type { MessagePort } from "node:worker_threads";
import type { ToHost } from "../src/wire/delivery.ts";
import { messageFrom, messageText } from "../src/wire/message-text.ts";
import type { ServedTask } from "./serve-host.ts";

/** Speaks and reads the text of messages on a thread's port. */
export function textPort(port: MessagePort): ServedTask["port"] {
  return {
    postMessage: (message) => port.postMessage(messageText(message)),
    on: (type, listener) => port.on(type, (text) => listener(messageFrom(text) as ToHost)),
  };
}
