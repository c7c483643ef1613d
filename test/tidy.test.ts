import { describe, expect, it } from "vitest";
import { namesDefinedTwice } from "./tidy/exports.ts";
import {
  cycles,
  exampleImports,
  extras,
  hostSideClosure,
  layers,
  machineImports,
  propertyImports,
  sdkImporters,
} from "./tidy/layers.ts";
import { readSources, type Source, source } from "./tidy/source.ts";
import {
  type BanName,
  banned,
  docstringOpeners,
  fileLength,
  fileNames,
  kernelModules,
  lineLength,
  unfinished,
} from "./tidy/text.ts";

type Files = Readonly<Record<string, string>>;
type Rule = {
  readonly title: string;
  readonly find: (sources: readonly Source[]) => string[];
  /** Each of these breaks the rule exactly once. */
  readonly bad: readonly Files[];
  /** And this comes as near as is allowed. */
  readonly good: Files;
};

const ban = (name: BanName) => (sources: readonly Source[]) => banned(name, sources);
const lines = (count: number): string => "a();\n".repeat(count);

const rules: readonly Rule[] = [
  {
    title: "files are short",
    find: fileLength,
    bad: [
      { "src/a.ts": lines(301) },
      { "machines/a.ts": lines(301) },
      { "examples/a.ts": lines(301) },
      { "test/a.test.ts": lines(401) },
      { "workers/a.ts": lines(60) },
    ],
    good: { "src/a.ts": lines(300), "test/a.test.ts": lines(400), "workers/a.ts": lines(59) },
  },
  {
    title: "lines are at most 100 columns",
    find: lineLength,
    bad: [{ "src/a.ts": `a();\n// ${"x".repeat(98)}\n` }],
    good: { "src/a.ts": `// ${"x".repeat(97)}\n` },
  },
  {
    title: "files are named in kebab-case after one concept, and only public entries are barrels",
    find: fileNames,
    bad: [
      { "src/kernel/deadLetters.ts": "" },
      { "src/Kernel/slots.ts": "" },
      { "src/kernel/types.ts": "" },
      { "src/utils/slots.ts": "" },
      { "test/common.ts": "" },
      { "src/hosts/helpers.ts": "" },
      { "src/hosts/index.ts": "" },
    ],
    good: { "src/door/index.ts": "", "src/kernel/dead-letters.ts": "", "test/a-b.test.ts": "" },
  },
  {
    title: "library code does not print",
    find: ban("console"),
    bad: [
      { "src/hosts/a.ts": "console.log(1);" },
      { "machines/a.ts": "console.error(1);" },
      { "workers/a.ts": "const { log } = console;" },
    ],
    good: { "src/cli/main.ts": "console.log(1);", "src/a.ts": '// console.log\nf("console.log");' },
  },
  {
    title: "library code says its types",
    find: ban("any"),
    bad: [
      { "src/a.ts": "export function f(x: any): void {}" },
      { "src/a.ts": "export const m = new Map<string, any>();" },
      { "src/a.ts": "f(x as any);" },
    ],
    good: { "src/a.ts": "// any\nAbortSignal.any([s]);\nconst x: AnyActor = f(`as any`);" },
  },
  {
    title: "there are no enums",
    find: ban("enums"),
    bad: [{ "src/a.ts": "export enum Lane { High }" }, { "src/a.ts": "const enum Lane { High }" }],
    good: { "src/a.ts": "const enumerable = { enum: 1 };" },
  },
  {
    title: "no catch is empty",
    find: ban("emptyCatch"),
    bad: [
      { "src/a.ts": "try { f(); } catch {}" },
      { "src/a.ts": "try { f(); } catch (error) {\n  // never mind\n}" },
      { "src/a.ts": "promise.catch(() => {});" },
    ],
    good: { "src/a.ts": "try { f(); } catch (error) { g(error); }\npromise.catch(report);" },
  },
  {
    title: "nothing is left for later",
    find: unfinished,
    bad: [{ "src/a.ts": `// ${"TO"}DO: later` }, { "test/a.ts": `// ${"FIX"}ME` }],
    good: { "src/a.ts": "const toDo = 1;" },
  },
  {
    title: "the kernel has no clock, timer, promise or randomness",
    find: ban("kernelEffects"),
    bad: [
      "Date.now();",
      "new Date();",
      "setTimeout(f, 1);",
      "setInterval(f, 1);",
      "Math.random();",
      "await f();",
      "new Promise(f);",
      "performance.now();",
    ].map((text) => ({ "src/kernel/a.ts": text })),
    good: { "src/kernel/a.ts": "// await a new Promise\nf(now);", "src/hosts/a.ts": "await f();" },
  },
  {
    title: "the kernel imports files only",
    find: kernelModules,
    bad: [
      { "src/kernel/a.ts": 'import { join } from "node:path";' },
      { "src/kernel/a.ts": 'import type { AnyActor } from "xstate";' },
    ],
    good: { "src/kernel/a.ts": 'import { b } from "./b.ts";', "src/a.ts": 'import "node:fs";' },
  },
  {
    title: "each SDK has one importing file",
    find: sdkImporters,
    bad: [
      { "src/supervisor/a.ts": 'import { Piscina } from "piscina";' },
      { "workers/a.ts": 'import { Piscina } from "piscina";' },
      { "src/hosts/a.ts": 'import "piscina";', "src/hosts/b.ts": 'import "piscina";' },
      { "src/hosts/a.ts": 'import "comlink";', "src/hosts/b.ts": 'import "comlink";' },
      { "workers/a.ts": 'import "comlink";', "workers/b.ts": 'import "comlink";' },
      { "src/agents/a.ts": 'await import("comlink");' },
      { "src/hosts/a.ts": 'import type { Tool } from "@modelcontextprotocol/sdk/types.js";' },
      { "src/agents/a.ts": 'import Anthropic from "@anthropic-ai/sdk";' },
      {
        "src/journal/a.ts": 'import "eventemitter3";',
        "src/journal/b.ts": 'import "eventemitter3";',
      },
      { "src/a.ts": 'import "left-pad";' },
    ],
    good: {
      "src/hosts/control.ts": 'import * as Comlink from "comlink";\nimport "comlink/x";',
      "workers/host.ts": 'import { expose } from "comlink";',
      "src/tools/mcp/a.ts": 'import { Client } from "@modelcontextprotocol/sdk/client/index.js";',
      "src/tools/mcp/b.ts": 'import "@modelcontextprotocol/sdk/types.js";',
      "src/agents/a.ts": 'import { createActor } from "xstate";',
    },
  },
  {
    title: "machines import xstate and each other",
    find: machineImports,
    bad: [
      { "machines/a.ts": 'import { frame } from "../src/wire/frame.ts";' },
      { "machines/a.ts": 'import fs from "node:fs";' },
      { "machines/a.ts": 'import { callTool } from "coppice/door";' },
    ],
    good: { "machines/a.ts": 'import { setup } from "xstate";\nexport { b } from "./b.ts";' },
  },
  {
    title: "properties are tried from a seed",
    find: propertyImports,
    bad: [{ "test/wire/a.test.ts": 'import fc from "fast-check";' }],
    good: {
      "test/fixtures/properties.ts": 'import fc from "fast-check";',
      "test/wire/a.test.ts": 'import fc from "../fixtures/properties.ts";',
    },
  },
  {
    title: "tests have one clock that stands still",
    find: ban("ownClocks"),
    bad: [
      { "test/a.ts": "vi.useFakeTimers();" },
      { "test/a.ts": 'import { SimulatedClock } from "xstate";' },
      { "test/a.ts": "const clock = { clearTimeout: (timer) => timers.delete(timer) };" },
      { "test/a.ts": "class Clock {\n  clearTimeout(timer: unknown): void {}\n}" },
    ],
    good: {
      "test/a.ts": "const real = { clearTimeout: (timer) => clearTimeout(timer) };",
      "src/testing/a.ts": "class Clock {\n  clearTimeout(timer: unknown): void {}\n}",
    },
  },
  {
    title: "examples import the package by its name",
    find: exampleImports,
    bad: [{ "examples/swarm/main.ts": 'import { a } from "../../src/index.ts";' }],
    good: { "examples/swarm/main.ts": 'import "coppice";\nimport { a } from "../a.ts";' },
  },
  {
    title: "each folder imports only the folders below it",
    find: layers,
    bad: [
      { "src/wire/a.ts": 'import { b } from "../kernel/b.ts";' },
      { "src/kernel/a.ts": 'import type { B } from "../authority/b.ts";' },
      { "src/authority/a.ts": 'export * from "../models/anthropic.ts";' },
      { "src/errors.ts": 'import {\n  b,\n  c,\n} from "./kernel/b.ts";' },
      { "src/door/a.ts": 'const b = await import("../agents/b.ts");' },
      { "src/supervisor/a.ts": 'import { x } from "coppice";' },
      { "src/hosts/a.ts": 'import { x } from "../../test/x.ts";' },
      { "src/drawer/a.ts": "" },
    ],
    good: {
      "src/supervisor/a.ts": 'import { u } from "../models/scripted-usage.ts";\nimport "./b.ts";',
      "src/supervisor/i.ts": 'import { i } from "../inspect/i.ts";',
      "src/cli/main.ts": 'import { s } from "../index.ts";',
      "src/testing/index.ts": 'import { s } from "../cli/s.ts";',
      "src/errors.ts": '// import { b } from "./wire/b.ts";',
    },
  },
  {
    title: "an extra imports the public entry and itself, and nobody imports an extra",
    find: extras,
    bad: [
      { "src/extras/nats/a.ts": 'import { Supervisor } from "../../supervisor/supervisor.ts";' },
      { "src/extras/nats/a.ts": 'import { b } from "../steps/b.ts";' },
      { "src/extras/nats/a.ts": 'import { callTool } from "coppice/door";' },
      { "src/cli/run.ts": 'await import("../extras/nats/index.ts");' },
      { "src/supervisor/a.ts": 'import type { B } from "../extras/nats/b.ts";' },
    ],
    good: {
      "src/extras/nats/a.ts":
        'import { Supervisor } from "coppice";\nimport "./b.ts";\nimport "nats";',
      "src/extras/nats/c.ts": 'import { Supervisor } from "../../index.ts";',
      "src/cli/run.ts": 'await import("coppice/nats");',
    },
  },
  {
    title: "nothing of the supervisor is reachable from workers",
    find: hostSideClosure,
    bad: [
      {
        "workers/a.ts": 'import { b } from "../src/agents/b.ts";',
        "src/agents/b.ts": 'import { c } from "../supervisor/c.ts";',
      },
    ],
    good: {
      "workers/a.ts": 'import { b } from "../src/agents/b.ts";',
      "src/agents/b.ts": 'import { c } from "../../machines/c.ts";',
      "src/hosts/d.ts": 'import { e } from "../kernel/e.ts";',
    },
  },
  {
    title: "files do not import each other in a circle",
    find: cycles,
    bad: [
      {
        "src/a.ts": 'import { b } from "./b.ts";',
        "src/b.ts": 'export { c } from "./c.ts";',
        "src/c.ts": 'import { type A, a } from "./a.ts";',
      },
      {
        "src/a.ts": 'import { b } from "./b.ts";',
        "src/b.ts": 'import type { A } from "./a.ts";',
      },
      {
        "test/a.ts": 'export type { B } from "./b.ts";',
        "test/b.ts": 'export { a } from "./a.ts";',
      },
    ],
    good: {
      "src/a.ts": 'import { b } from "./b.ts";\nimport type { C } from "./c.ts";',
      "src/b.ts": 'import type { C } from "./c.ts";',
      "src/c.ts": "",
    },
  },
  {
    title: "a docstring opens with a noun or a verb",
    find: docstringOpeners,
    bad: [
      { "src/a.ts": "/** What it does. */\nexport const a = 1;" },
      { "machines/a.ts": "/**\n * Whether it ends.\n */\nexport const a = 1;" },
    ],
    good: {
      "src/a.ts": "/** Returns what it does. */\nexport const a = 1; // Who reads it.",
      "test/a.ts": "/** What a test may say. */",
    },
  },
  {
    title: "an exported name is defined once",
    find: namesDefinedTwice,
    bad: [
      { "src/a.ts": "export interface Lamp {}", "src/hosts/b.ts": "export class Lamp {}" },
      { "machines/a.ts": "export function wake() {}", "src/b.ts": "export const wake = 1;" },
    ],
    good: {
      "src/a.ts": "export function f(a: 1): 1;\nexport function f(a: 2): 2;\nconst g = 1;",
      "src/b.ts": 'export { f } from "./a.ts";\n// export const f = 1;\nconst g = 1;',
      "test/c.ts": "export const f = 1;",
    },
  },
];

describe.each(rules)("tidy: $title", ({ find, bad, good }) => {
  it("holds in this repository", () => {
    expect(find(readSources())).toEqual([]);
  });

  it.each(bad)("refuses %j once", (files) => {
    expect(find(read(files))).toHaveLength(1);
  });

  it("lets the nearest allowed code pass", () => {
    expect(find(read(good))).toEqual([]);
  });
});

function read(files: Files): Source[] {
  return Object.entries(files).map(([path, text]) => source(path, text));
}
