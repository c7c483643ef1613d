import { createHostRuntime } from "../src/agents/host-runtime.ts";
import { raiseFence } from "../src/agents/process-fence.ts";
import { serveProcess } from "./serve-process.ts";

raiseFence();
/** Runs the program of a process host. */
void serveProcess(createHostRuntime);
