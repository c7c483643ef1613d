import type { ErrorCode, EventOf, SupervisorOptions } from "../../src/index.ts";
import type { McpServerConfig } from "../../src/tools/mcp/mcp-config.ts";
import { type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

/** How one call ended. */
export interface CallEnd {
  readonly isError: boolean;
  readonly result?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** A swarm with one server behind a URL, named `web`. */
export async function webSwarm(
  config: McpServerConfig,
  options: SupervisorOptions = {},
): Promise<OpenSupervisor> {
  return openSupervisor({ threads: 0, mcpServers: { web: config }, ...options });
}

/** What becomes of calls that a model makes at once, in the order of the calls. */
export async function ends(
  { supervisor, seen }: OpenSupervisor,
  ...tools: readonly string[]
): Promise<readonly CallEnd[]> {
  const calls = (tools.length === 0 ? ["act"] : tools).map((name) => call(`web/${name}`));
  const spec = { model: script(calls, "Done."), tools: ["web/*"] };
  const agent = await supervisor.spawn(spec, { input: "go" });
  await agent.outcome;
  const of = (wanted: string) =>
    seen.filter(
      ({ type, path }) => type === wanted && path === agent.path,
    ) as unknown as (CallEnd & {
      readonly callId: string;
    })[];
  const ended = new Map(of("tool.finished").map((event) => [event.callId, event]));
  return of("tool.requested").flatMap(({ callId }) => ended.get(callId) ?? []);
}

/** The message of the one call that was made, and failed. */
export async function failure(open: OpenSupervisor): Promise<string> {
  const [end] = await ends(open);
  if (end?.error === undefined) throw new Error(`did not fail: ${JSON.stringify(end)}`);
  return end.error.message;
}

/** Why the server was lost, also when that was before anybody could listen. */
export async function lost({ supervisor }: OpenSupervisor): Promise<string> {
  for await (const event of supervisor.events({ since: 0 })) {
    if (event.type === "mcp.lost") return String((event as EventOf<"mcp.lost">).error);
  }
  return "";
}
