import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ComputePool } from "../../src/hosts/compute-pool.ts";
import type { McpServerConfig } from "../../src/tools/mcp/mcp-config.ts";
import type { CallRequest } from "../../src/tools/running-call.ts";
import { Toolbox, type ToolboxEvent, type ToolboxOptions } from "../../src/tools/toolbox.ts";

/** A toolbox whose events are kept, and can be waited for. */
export class RecordedToolbox implements AsyncDisposable {
  readonly events: ToolboxEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #toolbox: Toolbox | undefined;

  static async start(options: Partial<ToolboxOptions>): Promise<RecordedToolbox> {
    const recorded = new RecordedToolbox();
    recorded.#toolbox = await Toolbox.start({
      tools: [],
      mcpServers: {},
      compute: new ComputePool(),
      onEvent: (event) => {
        recorded.events.push(event);
        for (const look of recorded.#waiting) look();
      },
      ...options,
    });
    return recorded;
  }

  get box(): Toolbox {
    if (this.#toolbox === undefined) throw new Error("not started");
    return this.#toolbox;
  }

  /** The nth event of a type, once it has come. */
  event(type: ToolboxEvent["type"], nth = 1): Promise<ToolboxEvent> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.events.filter((event) => event.type === type)[nth - 1];
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  call(tool: string, input: CallRequest["input"] = {}, rest: Partial<CallRequest> = {}) {
    return this.box.call({ ...request, tool, input, ...rest });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#toolbox?.stop();
  }
}

const request: CallRequest = {
  callId: "/a#1:1",
  tool: "",
  input: {},
  path: "/a",
  labels: {},
  attempt: 1,
  get signal() {
    return new AbortController().signal;
  },
};

/** Starts a file of `test/fixtures/mcp`. */
export function fixture(file: string, ...args: string[]): McpServerConfig {
  const path = fileURLToPath(new URL(`../fixtures/mcp/${file}`, import.meta.url));
  return { command: process.execPath, args: [path, ...args] };
}

/** Starts a server that comes as a package. */
export function installed(name: string, ...args: string[]): McpServerConfig {
  const file = `../../node_modules/@modelcontextprotocol/${name}/dist/index.js`;
  const path = fileURLToPath(new URL(file, import.meta.url));
  return { command: process.execPath, args: [path, ...args] };
}

/** A process that was killed counts as gone although its parent may not have noted it yet. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return (
      process.platform !== "linux" || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
    );
  } catch (error) {
    return !(error instanceof Error && "code" in error && /ESRCH|ENOENT/.test(String(error.code)));
  }
}
