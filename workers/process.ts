import { createHostRuntime } from "../src/agents/host-runtime.ts";
import { serveProcess } from "./serve-process.ts";

/** The program of a process host. */
void serveProcess(createHostRuntime);
