import { describe, expect, it } from "vitest";
import { type McpList, readMcpList } from "../../../src/tools/mcp/mcp-list.ts";

const object = { type: "object" };
const tool = (name: string, more: object = {}) => ({ name, inputSchema: object, ...more });
const many = (count: number, prefix = "t") =>
  Array.from({ length: count }, (_, at) => tool(`${prefix}${at}`));
const listed = (...tools: readonly unknown[]) => readMcpList(async () => ({ tools }));
const namesOf = ({ tools }: McpList) => [...(tools?.keys() ?? [])];

/** Pages by the cursor that leads to them. */
function paged(pages: { readonly [cursor: string]: object | Error }) {
  const asked: (string | undefined)[] = [];
  const reading = readMcpList(async (cursor) => {
    asked.push(cursor);
    const page = pages[cursor ?? "first"];
    if (page === undefined || page instanceof Error) throw page ?? new Error("no such page");
    return page;
  });
  return { reading, asked };
}

describe("an entry of a list", () => {
  it.each([
    ["no schema", {}],
    ["an empty name", { name: "" }],
    ["a schema of null", { inputSchema: null }],
    ["a schema that allows all", { inputSchema: true }],
    ["an empty schema", { inputSchema: {} }],
    ["`required: null`", { inputSchema: { ...object, required: null } }],
    ["`properties: []`", { inputSchema: { ...object, properties: [] } }],
    ["`required` among its properties", { inputSchema: { properties: { required: ["a"] } } }],
    ["two types", { inputSchema: { type: ["object", "null"] } }],
    ["a type that there is not", { inputSchema: { type: "Object" } }],
    ["alternatives", { inputSchema: { anyOf: [object, object] } }],
    ["an output schema that is none", { outputSchema: { type: 5, $schema: "urn:none" } }],
    ["an output schema that is text", { outputSchema: "object" }],
    ["odd annotations", { annotations: { readOnlyHint: "yes", title: 5 } }],
    ["odd icons, title and `_meta`", { icons: [null], title: 7, _meta: "odd" }],
  ])("with %s is a tool", async (_, fields) => {
    const list = await listed({ name: "odd", ...fields }, tool("ok"));
    expect(namesOf(list)).toEqual(["name" in fields ? "" : "odd", "ok"]);
    expect(list.skipped).toEqual([]);
  });

  it.each([
    ["null", null, undefined, /entry 1 .*null.*no name/],
    ["text", "tool", undefined, /entry 1 .*text.*no name/],
    ["a list", [tool("inside")], undefined, /entry 1 .*a list.*no name/],
    ["an object without a name", { inputSchema: object }, undefined, /entry 1 .*no name/],
    ["a tool whose name is a number", tool(5 as never), undefined, /a number.*no name/],
    ["a tool of text", tool("odd", { inputSchema: { type: "string" } }), "odd", /type string/],
    [
      "a tool of many types",
      tool("odd", { inputSchema: { type: ["string", "null"] } }),
      "odd",
      /type/,
    ],
    ["a tool whose schema is text", tool("odd", { inputSchema: "object" }), "odd", /is text/],
    ["a tool whose schema is a list", tool("odd", { inputSchema: [object] }), "odd", /a list/],
    ["a tool whose schema is a number", tool("odd", { inputSchema: 5 }), "odd", /a number/],
    ["a tool whose schema forbids all", tool("odd", { inputSchema: false }), "odd", /a boolean/],
  ])("that is %s is left out alone", async (_, entry, name, reason) => {
    const list = await listed(entry, tool("ok"));
    expect(namesOf(list)).toEqual(["ok"]);
    expect(list.skipped).toEqual([
      { ...(name === undefined ? {} : { tool: name }), reason: expect.stringMatching(reason) },
    ]);
  });

  it("that is listed twice is its first one", async () => {
    const list = await listed(
      tool("twice", { description: "first" }),
      tool("twice", { description: "second" }),
      tool("twice"),
    );
    expect(list.tools?.get("twice")?.description).toBe("first");
    expect(list.skipped).toEqual([{ tool: "twice", reason: expect.stringMatching(/twice/) }]);
  });

  it("has a name of at most 5,000 characters", async () => {
    const list = await listed(tool("n".repeat(5_000)), tool("n".repeat(5_001)));
    expect(namesOf(list)).toEqual(["n".repeat(5_000)]);
    expect(list.skipped).toMatchObject([{ reason: expect.stringMatching(/5000/) }]);
    expect(list.skipped[0]?.tool?.length).toBeLessThan(300);
  });

  it("has texts that are well formed and bounded, and keeps its own name", async () => {
    const list = await listed(
      tool("half \ud83d", { description: `\ude00${"x".repeat(50_000)}` }),
      tool("number", { description: 5 }),
    );
    expect(list.tools?.get("half \ufffd")).toMatchObject({ ownName: "half \ud83d" });
    const description = list.tools?.get("half \ufffd")?.description ?? "";
    expect(description.isWellFormed()).toBe(true);
    expect(description.length).toBeLessThan(20_100);
    expect(list.tools?.get("number")?.description).toBe("");
  });

  it.each([
    ["values", (count: number) => ({ enum: Array.from({ length: count - 2 }, () => 0) }), 5_000],
    ["bytes", (count: number) => ({ title: "x".repeat(count - 12) }), 65_536],
    [
      "levels",
      (levels: number) =>
        Array.from({ length: levels - 1 }).reduce<object>((inside) => ({ not: inside }), {}),
      100,
    ],
    [
      "objects and lists",
      (count: number) => ({ allOf: Array.from({ length: count - 2 }, () => ({})) }),
      1_000,
    ],
  ])("of too many %s is shown as any object, and says so", async (what, make, most) => {
    const { tools } = await listed(
      tool("fits", { inputSchema: make(most) }),
      tool("over", { inputSchema: make(most + 1) }),
    );
    expect(tools?.get("fits")?.inputSchema).toEqual(make(most));
    const description = expect.stringMatching(`cannot be shown: it .*${most} ${what}`);
    expect(tools?.get("over")?.inputSchema).toEqual({ type: "object", description });
  });

  it("that is too large to be shown is known to be another when it changes", async () => {
    const large = (last: string, order: "a" | "b") => {
      const properties = Object.fromEntries(
        Array.from({ length: 6_000 }, (_, at) => [`p${at}`, {}]),
      );
      const rest = { title: last, type: "object" };
      return order === "a" ? { properties, ...rest } : { ...rest, properties };
    };
    const hashOf = async (inputSchema: object) =>
      (await listed(tool("large", { inputSchema }))).tools?.get("large")?.schemaHash;
    expect(await hashOf(large("x", "a"))).toBe(await hashOf(large("x", "b")));
    expect(await hashOf(large("x", "a"))).not.toBe(await hashOf(large("y", "a")));
  });
});

describe("a list", () => {
  it("of 1,000 tools is whole; of more it says how many are left out", async () => {
    const whole = await listed(...many(1_000));
    expect([whole.tools?.size, whole.skipped]).toEqual([1_000, []]);
    const more = await listed(...many(1_503));
    expect(more.tools?.size).toBe(1_000);
    expect(more.skipped).toEqual([{ reason: expect.stringMatching(/1000 tools: 503 more/) }]);
  });

  it("that is full is not asked for its other pages", async () => {
    const { reading, asked } = paged({ first: { tools: many(1_001), nextCursor: "2" } });
    expect((await reading).skipped).toMatchObject([
      { reason: expect.stringMatching(/more pages/) },
    ]);
    expect(asked).toHaveLength(1);
  });

  it("tells 20 things that are left out, and of more how many", async () => {
    const skips = async (count: number) =>
      (await listed(tool("ok"), ...Array.from({ length: count }, () => null))).skipped;
    expect(await skips(20)).toHaveLength(20);
    const more = await skips(500);
    expect(more).toHaveLength(20);
    expect(more.at(-1)).toEqual({ reason: "481 more entries of its list are left out" });
  });

  it("of 50 pages is whole; of more it says so", async () => {
    const endless = (pages: number) =>
      readMcpList(async (cursor) => {
        const page = Number(cursor ?? 1);
        const next = page < pages ? { nextCursor: String(page + 1) } : {};
        return { tools: [tool(`p${page}`)], ...next };
      });
    const whole = await endless(50);
    expect([whole.tools?.size, whole.skipped]).toEqual([50, []]);
    const more = await endless(51);
    expect(more.tools?.size).toBe(50);
    expect(more.skipped).toEqual([{ reason: expect.stringMatching(/more than 50 pages/) }]);
  });

  it.each([
    [
      "the page itself",
      { first: { tools: many(2), nextCursor: "" }, "": { tools: [], nextCursor: "" } },
    ],
    [
      "a proxy that drops the cursor",
      { first: { tools: many(2), nextCursor: "8" }, 8: { tools: many(2), nextCursor: "8" } },
    ],
    [
      "a page before it",
      {
        first: { tools: many(2), nextCursor: "a" },
        a: { tools: [], nextCursor: "b" },
        b: { tools: [], nextCursor: "a" },
      },
    ],
  ])("ends, told once and without a tool twice, where the next page is %s", async (_, pages) => {
    const { reading, asked } = paged(pages);
    const list = await reading;
    expect(namesOf(list)).toEqual(["t0", "t1"]);
    expect(list.skipped).toEqual([{ reason: expect.stringMatching(/again: the list ends/) }]);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("has the tools of a last page whose cursor does not advance", async () => {
    const { reading } = paged({
      first: { tools: many(2), nextCursor: "8" },
      8: { tools: many(2, "last"), nextCursor: "8" },
    });
    expect(namesOf(await reading)).toEqual(["t0", "t1", "last0", "last1"]);
  });

  it.each([
    ["null", null, []],
    ["left out", undefined, []],
    ["a number", 5, [{ reason: expect.stringMatching(/cursor.*a number/) }]],
  ])("ends where its cursor is %s", async (_, nextCursor, skipped) => {
    const { reading } = paged({ first: { tools: many(1), nextCursor } });
    expect(await reading).toMatchObject({ skipped });
  });

  it("keeps the good pages before one that fails", async () => {
    const { reading } = paged({
      first: { tools: many(2), nextCursor: "2" },
      2: new Error("out of memory"),
    });
    const list = await reading;
    expect(namesOf(list)).toEqual(["t0", "t1"]);
    expect(list.skipped).toEqual([{ reason: expect.stringMatching(/page 2 .*out of memory/) }]);
  });

  it("fails where its first page does", async () => {
    await expect(paged({ first: new Error("no") }).reading).rejects.toThrow("no");
  });

  it.each([null, undefined, { ok: object }, "tools", 5])(
    "that is none says so: %j",
    async (tools) => {
      const list = await readMcpList(async () => ({ tools }));
      expect(list.tools).toBeUndefined();
      expect(list.skipped).toEqual([{ reason: expect.stringMatching(/not a list/) }]);
    },
  );
});
