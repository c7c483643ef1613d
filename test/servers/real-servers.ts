// Eleven MCP servers as people run them. None needs the network or a true key for what is asked of
// it here; where a key is wanted any text will do.

/** One call, and what its result must contain. */
export interface RealCall {
  readonly tool: string;
  readonly input: { readonly [key: string]: unknown };
  readonly says: RegExp;
  /** It cannot be done without the network or a browser, and says so. */
  readonly isError?: boolean;
}

export interface RealServer {
  readonly name: string;
  readonly version: string;
  /** Of its package, within it. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How few tools would be too few. */
  readonly tools: number;
  readonly calls: readonly RealCall[];
  /** What it takes to speak streamable HTTP on `PORT`, where it does. */
  readonly http?: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** Stands for a folder of its own, in arguments and inputs. */
export const FOLDER = "{folder}";
/** Stands for the port of a server over HTTP. */
export const PORT = "{port}";

const oak = { name: "oak", entityType: "tree", observations: ["old"] };
const thought = { thought: "An oak.", thoughtNumber: 1, totalThoughts: 1 };

export const realServers: readonly RealServer[] = [
  {
    name: "@modelcontextprotocol/server-everything",
    version: "2026.8.31",
    file: "dist/index.js",
    args: ["stdio"],
    tools: 10,
    calls: [
      { tool: "echo", input: { message: "who is there" }, says: /Echo: who is there/ },
      { tool: "get-sum", input: { a: 2, b: 3 }, says: /5/ },
      { tool: "get-tiny-image", input: {}, says: /"type":"image"/ },
      { tool: "get-structured-content", input: { location: "New York" }, says: /temperature/ },
    ],
    http: { args: ["streamableHttp"], env: { PORT } },
  },
  {
    name: "@modelcontextprotocol/server-filesystem",
    version: "2026.8.31",
    file: "dist/index.js",
    args: [FOLDER],
    tools: 10,
    calls: [
      { tool: "read_text_file", input: { path: `${FOLDER}/oak.txt` }, says: /an oak/ },
      { tool: "list_directory", input: { path: FOLDER }, says: /\[FILE\] oak\.txt/ },
      { tool: "read_text_file", input: { path: "/etc/hostname" }, says: /denied/, isError: true },
    ],
  },
  {
    name: "@modelcontextprotocol/server-memory",
    version: "2026.8.31",
    file: "dist/index.js",
    env: { MEMORY_FILE_PATH: `${FOLDER}/memory.jsonl` },
    tools: 9,
    calls: [
      { tool: "create_entities", input: { entities: [oak] }, says: /oak/ },
      { tool: "read_graph", input: {}, says: /"relations"/ },
    ],
  },
  {
    name: "@modelcontextprotocol/server-sequential-thinking",
    version: "2026.8.31",
    file: "dist/index.js",
    tools: 1,
    calls: [
      {
        tool: "sequentialthinking",
        input: { ...thought, nextThoughtNeeded: false },
        says: /"thoughtHistoryLength": ?1/,
      },
    ],
  },
  {
    name: "@playwright/mcp",
    version: "0.0.83",
    file: "cli.js",
    args: ["--headless", "--isolated", "--executable-path", "/no/browser"],
    tools: 20,
    calls: [{ tool: "browser_tabs", input: { action: "list" }, says: /browser/i, isError: true }],
    http: { args: ["--host", "127.0.0.1", "--port", PORT] },
  },
  {
    name: "@upstash/context7-mcp",
    version: "4.1.1",
    file: "dist/index.js",
    tools: 2,
    calls: [
      {
        tool: "resolve-library-id",
        input: { libraryName: "xstate", query: "actors" },
        says: /fail|error/i,
      },
    ],
  },
  {
    name: "@notionhq/notion-mcp-server",
    version: "2.5.2",
    file: "bin/cli.mjs",
    env: { NOTION_TOKEN: "ntn_none" },
    tools: 20,
    calls: [{ tool: "API-get-self", input: {}, says: /api\.notion\.com/, isError: true }],
    http: {
      args: ["--transport", "http", "--port", PORT, "--auth-token", "open"],
      headers: { authorization: "Bearer open" },
    },
  },
  {
    name: "@wonderwhy-er/desktop-commander",
    version: "0.2.52",
    file: "dist/index.js",
    tools: 20,
    calls: [
      { tool: "get_config", input: {}, says: /blockedCommands/ },
      { tool: "list_directory", input: { path: FOLDER, depth: 1 }, says: /oak\.txt/ },
    ],
  },
  {
    name: "figma-developer-mcp",
    version: "0.13.2",
    file: "dist/bin.js",
    args: ["--figma-api-key=none", "--stdio"],
    env: { DO_NOT_TRACK: "1" },
    tools: 2,
    calls: [
      { tool: "get_figma_data", input: { fileKey: "oak" }, says: /Figma API/, isError: true },
    ],
    http: { args: ["--figma-api-key=none", "--host", "127.0.0.1", "--port", PORT] },
  },
  {
    name: "@azure/mcp",
    version: "2.0.5",
    file: "index.js",
    args: ["server", "start", "--mode", "all"],
    env: {
      AZURE_MCP_COLLECT_TELEMETRY: "false",
      DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1",
    },
    tools: 200,
    calls: [{ tool: "azureterraformbestpractices_get", input: {}, says: /[Tt]erraform/ }],
  },
  {
    name: "mcp-server-kubernetes",
    version: "4.1.7",
    file: "dist/index.js",
    tools: 20,
    calls: [
      { tool: "cleanup", input: {}, says: /success/ },
      { tool: "ping", input: {}, says: /^/ },
    ],
    http: { env: { ENABLE_UNSAFE_STREAMABLE_HTTP_TRANSPORT: "1", HOST: "127.0.0.1", PORT } },
  },
];
