import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, vi } from "vitest";
import type {
  AgentSpec,
  AnyEvent,
  Json,
  McpServerConfig,
  Outcome,
  SupervisorOptions,
} from "../../src/index.ts";
import { defineTool, Supervisor } from "../../src/index.ts";
// That these are loaded and made late is no pause that a server causes.
import "../../src/tools/mcp/mcp-client.ts";
import { nameForModels } from "../../src/tools/names.ts";
import { fixture } from "../tools/fixture-toolbox.ts";
import { LongestPause } from "./longest-pause.ts";
import { call, script } from "./scripts.ts";

type Wanted = string | readonly [tool: string, input: Json];

const input = { type: "object" } as const;
const plain = defineTool({ name: "plain", description: "Nothing.", input, execute: () => 1 });

/** For an event that must come. */
const WAIT_MS = 30_000;

/** The end of one call, as the agent got it. */
export interface Finished {
  readonly isError: boolean;
  readonly code: string | undefined;
  /** Result or error, as JSON. */
  readonly said: string;
}

/** How one supervisor fares among servers of which some are hostile. */
export class HostileSwarm implements AsyncDisposable {
  /** From the first, those of the start included. */
  readonly events: AnyEvent[] = [];
  readonly supervisor: Supervisor;
  readonly #pause: LongestPause;
  readonly #reading: Promise<void>;

  static async start(
    mcpServers: Readonly<Record<string, McpServerConfig>>,
    options: SupervisorOptions = {},
  ): Promise<HostileSwarm> {
    const near = fixture("tiny-server.ts");
    const all = { ...mcpServers, near };
    // What is loaded at its first use holds the thread then, and once.
    await (await Supervisor.start({ threads: 0, tools: [plain] })).stop();
    const pause = new LongestPause();
    const supervisor = await Supervisor.start({ threads: 1, ...options, mcpServers: all });
    return new HostileSwarm(supervisor, pause);
  }

  private constructor(supervisor: Supervisor, pause: LongestPause) {
    this.supervisor = supervisor;
    this.#pause = pause;
    this.#reading = this.#read();
  }

  /** Lets an agent make these calls, one after the other; it must come to its end. */
  call(...tools: readonly Wanted[]): Promise<Finished[]> {
    return this.callAs({}, ...tools.map((tool) => [tool]));
  }

  /** As `call`, by an agent like this; the calls of one turn are made at once. */
  async callAs(more: AgentSpec, ...turns: readonly (readonly Wanted[])[]): Promise<Finished[]> {
    const steps = turns.map((turn) =>
      turn.map((tool) => (typeof tool === "string" ? call(tool) : call(tool[0], tool[1]))),
    );
    const spec = { model: script(...steps, "Done."), tools: ["*"], ...more };
    const agent = await this.supervisor.spawn(spec, { input: "go" });
    const outcome: Outcome = await agent.outcome;
    expect(outcome).toMatchObject({ status: "completed", output: "Done." });
    await settled(() => this.of("agent.stopped").some(({ path }) => path === agent.path));
    const ours = this.events.filter(({ type, path }) => path === agent.path && /^tool/.test(type));
    // In the order in which they were asked for.
    const callIds = new Set(ours.map(({ callId }) => callId));
    const ends = [...callIds].flatMap((callId) =>
      ours.filter((event) => event.callId === callId && /(finished|denied)$/.test(event.type)),
    );
    expect(ends).toHaveLength(turns.flat().length);
    return ends.map(finishedOf);
  }

  /**
   * Makes a call, then one of a good tool of the same server and of a neighbour: both must answer,
   * and the server must be the same process as before.
   */
  async callAmong(server: string, tool: string, input: Json = {}): Promise<Finished> {
    const [before, end, own, neighbour, after] = await this.callAs(
      { tools: [`${server}/*`, "near/*"] },
      [`${server}/pid`],
      [[this.shownName(server, tool), input]],
      [`${server}/ok`, "near/structured", `${server}/pid`],
    );
    expect.soft(own).toMatchObject({ isError: false, said: '"well"' });
    expect.soft(neighbour).toMatchObject({ isError: false, said: '{"sheets":3}' });
    expect.soft(after).toEqual(before);
    return end as Finished;
  }

  /** As models are shown it. */
  shownName(server: string, tool: string): string {
    const renamed = this.of("tool.renamed", server).findLast((event) => event.tool === tool);
    return renamed === undefined ? nameForModels(`${server}/${tool}`) : String(renamed.name);
  }

  of(type: AnyEvent["type"], server?: string): AnyEvent[] {
    return this.events.filter(
      (event) => event.type === type && (server === undefined || event.server === server),
    );
  }

  /** Resolves once an event of this type and server has come. */
  async until(type: AnyEvent["type"], server: string, count = 1): Promise<void> {
    await settled(() => this.of(type, server).length >= count);
  }

  /** Milliseconds that its thread was busy at once, since this was last asked. */
  takePause(): number {
    return this.#pause.take();
  }

  async #read(): Promise<void> {
    for await (const event of this.supervisor.events({ since: 0 })) this.events.push(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.stop();
    await this.#reading;
    this.#pause[Symbol.dispose]();
  }
}

function finishedOf(event: AnyEvent): Finished {
  const { isError = true, result, error, code } = event as { readonly [key: string]: unknown };
  return {
    isError: isError === true,
    code: String((error as { code?: string } | undefined)?.code ?? code ?? ""),
    said: JSON.stringify(isError === true ? (error ?? event) : result) ?? "",
  };
}

/** Resolves once it holds, which it must in half a minute. */
export function settled(holds: () => boolean): Promise<void> {
  const look = (): void => {
    if (!holds()) throw new Error("what was waited for has not come");
  };
  return vi.waitFor(look, { timeout: WAIT_MS, interval: 2 });
}

/** A hostile server over HTTP, in a process of its own, which ends with this one. */
export async function hostileOverHttp(
  life: string,
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const { command, args = [] } = fixture("hostile-server.ts", life, "http") as {
    readonly command: string;
    readonly args?: readonly string[];
  };
  const child = spawn(command, [...args], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = await once(child.stdout, "data");
  return { url: `http://127.0.0.1:${String(port).trim()}/mcp`, child };
}
