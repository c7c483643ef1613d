import { packageOf, resolveLocal, type Source } from "./source.ts";

const wire = ["errors"];
const kernel = ["errors", "wire"];
const authority = ["errors", "wire", "kernel", "machines"];
// What a script will use is known beforehand: exactly that is reserved.
const script = ["models/scripted-usage.ts"];
const specs = [...authority, "authority", "hosts", "tools", ...script];
const engine = [...specs, "specs", "journal", "telemetry", "inspect"];
const calls = [...engine, "engine"];
// The shared actors are watched as hosts watch the actors of agents.
const watching = ["agents/inspection.ts", "agents/watched-agent.ts"];
const supervisor = [...calls, "calls", ...watching];
const anything = ["*"];

/** Layer: the layers, or single files of `src/`, that it may import, itself always included. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: ["wire"],
  wire,
  kernel,
  authority,
  journal: ["errors", "wire", "kernel"],
  // What happens as lines for people, which the library and the command line both write.
  log: ["errors", "wire", "journal"],
  // What runs beside this process and must not outlive it.
  processes: [],
  tools: ["errors", "wire", "kernel", "authority", "processes", "machines"],
  hosts: ["errors", "wire", "kernel", "authority", "processes", "agents", "machines"],
  models: ["errors", "wire"],
  agents: ["errors", "wire", "machines", "models", "door"],
  door: ["errors", "wire"],
  telemetry: ["errors", "wire"],
  inspect: ["errors", "wire"],
  specs,
  engine,
  calls,
  supervisor,
  cli: ["index", "supervisor", "log", ...supervisor],
  testing: anything,
  // Another rule says which of all that.
  extras: anything,
  index: anything,
  machines: [],
  workers: ["errors", "wire", "machines", "agents", "models", "door"],
};

/** What code inside a host can reach. */
const hostSide = new Set(["workers", "errors", "wire", "machines", "agents", "models", "door"]);

/** SDK: the folders (or trees ending in `/`) in which one file each may import it. */
const sdkHomes: Readonly<Record<string, readonly string[]>> = {
  piscina: ["src/hosts/"],
  comlink: ["src/hosts/", "workers/"],
  "@modelcontextprotocol/sdk": ["src/tools/mcp/"],
  ajv: ["src/tools/"],
  devalue: ["src/agents/"],
  "@anthropic-ai/sdk": ["src/models/"],
  "@opentelemetry/api": ["src/telemetry/"],
  eventemitter3: ["src/journal/"],
  ws: ["src/inspect/"],
  re2js: ["src/tools/"],
  zod: ["src/specs/", "src/tools/"],
  "get-east-asian-width": ["src/cli/"],
};

/** SDK that a whole room is about: each of its files may import it. */
const roomSdks = new Set(["@modelcontextprotocol/sdk", "zod"]);

export function layerOf(path: string): string | undefined {
  const [top, next] = path.split("/");
  if (top === "machines" || top === "workers") return top;
  return top === "src" ? next?.replace(/\.ts$/, "") : undefined;
}

export function layers(sources: readonly Source[]): string[] {
  return sources.flatMap((file) => {
    const layer = layerOf(file.path);
    if (layer === undefined) return [];
    const allowed = mayImport[layer];
    const table = "mayImport in test/tidy/layers.ts";
    if (!allowed) return [`${file.path}: give the layer "${layer}" a row in ${table}`];
    return file.imports.flatMap(({ specifier, line }) => {
      const target = resolveLocal(file.path, specifier);
      if (target === undefined) return [];
      const to = layerOf(target);
      if (to === undefined) return [`${file.path}:${line} leaves the library: ${specifier}`];
      const fine = [layer, ...allowed].some(
        (name) => [to, "*"].includes(name) || target === `src/${name}`,
      );
      if (fine) return [];
      const why = `${layer} may import only ${allowed.join(", ") || "itself"}`;
      return [
        `${file.path}:${line} imports ${target}: ${why}; move the code, or the wall in ${table}`,
      ];
    });
  });
}

/** The outer ring: what only some use stands outside, on what everybody can import. */
export function extras(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    if (!path.startsWith("src/")) return [];
    const own = extraOf(path);
    return imports.flatMap(({ specifier, line }) => {
      const target = resolveLocal(path, specifier);
      const other = target === undefined ? undefined : extraOf(target);
      const isInner = own !== undefined && target !== undefined && other !== own;
      if (isInner && target !== "src/index.ts") {
        return [`${path}:${line} imports ${specifier}: an extra imports "coppice" and itself`];
      }
      if (own !== undefined || other === undefined) return [];
      return [`${path}:${line} imports ${specifier}: load "coppice/${other}" when it is asked for`];
    });
  });
}

/** `src/extras/nats/server.ts` is of `nats`. */
function extraOf(path: string): string | undefined {
  const [src, ring, name] = path.split("/");
  return src === "src" && ring === "extras" ? name : undefined;
}

export function hostSideClosure(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const via = new Map<string, string>();
  const queue = sources.map(({ path }) => path).filter((path) => path.startsWith("workers/"));
  for (const path of queue) {
    for (const target of localImports(byPath.get(path))) {
      if (via.has(target) || queue.includes(target)) continue;
      via.set(target, path);
      queue.push(target);
    }
  }
  return [...via]
    .filter(([path]) => !hostSide.has(layerOf(path) ?? ""))
    .map(
      ([path, from]) => `${path} is reachable from workers/ through ${from}: keep it out of hosts`,
    );
}

export function cycles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const loop = [...trail.slice(start), path].join(" -> ");
      found.push(`import cycle ${loop}: move what both need into a file below them`);
      return;
    }
    if (done.has(path)) return;
    for (const next of localImports(byPath.get(path))) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return found;
}

export function sdkImporters(sources: readonly Source[]): string[] {
  const importers = new Map<string, string>();
  return sources.flatMap((file) => {
    if (!/^(src|workers)\//.test(file.path)) return [];
    const names = new Set(file.imports.map(({ specifier }) => packageOf(specifier)));
    return [...names].flatMap((name) => {
      if (name === undefined || name === "xstate") return [];
      const homes = sdkHomes[name];
      if (!homes) return [`${file.path} imports ${name}: give it one home in sdkHomes, or drop it`];
      const home = homes.find((folder) => file.path.startsWith(folder));
      if (!home) return [`${file.path} imports ${name}: only one file in ${homes.join(", ")} may`];
      if (roomSdks.has(name)) return [];
      const first = importers.get(`${name} ${home}`);
      importers.set(`${name} ${home}`, first ?? file.path);
      return first ? [`${file.path} imports ${name}: go through ${first}, its one importer`] : [];
    });
  });
}

export function machineImports(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith("machines/"))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier !== "xstate")
        .filter(({ specifier }) => !resolveLocal(path, specifier)?.startsWith("machines/"))
        .map(({ specifier, line }) => {
          return `${path}:${line} imports ${specifier}: machines import xstate and each other only`;
        }),
    );
}

export function propertyImports(sources: readonly Source[]): string[] {
  const home = "test/fixtures/properties.ts";
  return sources
    .filter(({ path }) => path !== home)
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier === "fast-check")
        .map(({ line }) => `${path}:${line} imports fast-check without a seed: go through ${home}`),
    );
}

export function exampleImports(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith("examples/"))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith("."))
        .filter(({ specifier }) => !resolveLocal(path, specifier)?.startsWith("examples/"))
        .map(({ specifier, line }) => {
          return `${path}:${line} imports ${specifier}: import "coppice" by name, as a user does`;
        }),
    );
}

function localImports(file: Source | undefined): string[] {
  if (!file) return [];
  return file.imports.flatMap(({ specifier }) => resolveLocal(file.path, specifier) ?? []);
}
