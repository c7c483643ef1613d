import { type MessagePort, workerData } from "node:worker_threads";

// Answers at the end of its tick, as a host does.
const port = workerData as MessagePort;
port.on("message", (message) => setImmediate(() => port.postMessage(message)));
