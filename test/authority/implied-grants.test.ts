import { describe, expect, it } from "vitest";
import { Arbiter, type Standing } from "../../src/authority/arbiter.ts";
import { SpecGrants, supervisorGrants } from "../../src/authority/implied-grants.ts";
import { CoppiceError } from "../../src/errors.ts";
import type { AgentSpec, Grant } from "../../src/wire/spec.ts";

type Templates = Readonly<Record<string, AgentSpec>>;

const model = "anthropic:claude-haiku-4-5";

/** Opens a line of agents, each spawned by the one before it, and asks as the last one. */
function line(templates: Templates, names: readonly string[], options?: readonly Grant[]) {
  const grants = new SpecGrants(templates);
  const arbiter = new Arbiter();
  let standing: Standing = arbiter.root;
  names.forEach((name, n) => {
    const narrowing = n === names.length - 1 ? options : undefined;
    const layers = grants.layers(templates[name]!, narrowing);
    const path = `${standing.path === "/" ? "" : standing.path}/${name}`;
    standing = arbiter.open({ path, parent: standing, layers, budgets: [] });
  });
  return {
    tool: (tool: string) =>
      arbiter.tool(standing, { callId: `${standing.path} ${tool}`, tool }).status,
    spawn: (template: string) => arbiter.spawn(standing, { template }).status,
  };
}

describe("implied grants: the lead of a swarm needs none written by hand", () => {
  const templates: Templates = {
    lead: { model, tools: ["fs/list"], agents: ["reviewer"] },
    reviewer: { model, tools: ["fs/read"], agents: ["helper"] },
    helper: { tools: ["add"] },
    stranger: { tools: ["drop"] },
  };

  it("its agents use what their own specs name, at every depth", () => {
    expect(line(templates, ["lead"]).tool("fs/list")).toBe("granted");
    expect(line(templates, ["lead"]).spawn("reviewer")).toBe("granted");
    expect(line(templates, ["lead", "reviewer"]).tool("fs/read")).toBe("granted");
    expect(line(templates, ["lead", "reviewer"]).spawn("helper")).toBe("granted");
    expect(line(templates, ["lead", "reviewer", "helper"]).tool("add")).toBe("granted");
  });

  it("what it holds only to pass on it cannot use, nor can they use what is only its own", () => {
    expect(line(templates, ["lead"]).tool("fs/read")).toBe("refused");
    expect(line(templates, ["lead"]).tool("add")).toBe("refused");
    expect(line(templates, ["lead"]).spawn("helper")).toBe("refused");
    expect(line(templates, ["lead", "reviewer"]).tool("fs/list")).toBe("refused");
    expect(line(templates, ["lead", "reviewer"]).spawn("reviewer")).toBe("refused");
  });

  it("an agent that it does not name has nothing below it", () => {
    expect(line(templates, ["lead"]).spawn("stranger")).toBe("refused");
    expect(line(templates, ["lead", "stranger"]).tool("drop")).toBe("refused");
  });

  it("are these, and no message is among them", () => {
    expect(new SpecGrants(templates).layers(templates.lead!)).toEqual([
      [
        "model:anthropic:claude-haiku-4-5",
        "tool:fs/list",
        "spawn:reviewer",
        { allow: "tool:fs/read", use: false },
        { allow: "spawn:helper", use: false },
        { allow: "tool:add", use: false },
      ],
    ]);
  });

  it("name the template that `agents` gets wrong", () => {
    const grants = new SpecGrants({ lead: { agents: ["nobody"] } });
    const act = () => grants.layers({ agents: ["lead"] });
    expect(act).toThrow(CoppiceError);
    expect(act).toThrow(/nobody/);
    expect(() => grants.layers({ agents: ["constructor"] })).toThrow(/constructor/);
  });
});

describe("implied grants: recursion", () => {
  it("goes as deep as each template says, and cycles end", () => {
    const templates: Templates = {
      a: { tools: ["x"], agents: ["b"] },
      b: { tools: ["y"], agents: ["a"] },
      self: { tools: ["z"], agents: ["self"] },
    };
    const deep = line(templates, ["a", "b", "a", "b"]);
    expect(deep.tool("y")).toBe("granted");
    expect(deep.tool("x")).toBe("refused");
    expect(deep.spawn("a")).toBe("granted");
    expect(deep.spawn("b")).toBe("refused");
    const same = line(templates, ["self", "self", "self"]);
    expect([same.spawn("self"), same.tool("z")]).toEqual(["granted", "granted"]);
  });
});

describe("implied grants: written ones", () => {
  const templates: Templates = {
    lead: { tools: ["x"], agents: ["strict", "careful"] },
    strict: { tools: ["x", "y"], agents: ["helper"], grants: ["tool:y", { deny: "tool:z" }] },
    careful: { tools: ["x", "y"], agents: ["helper"], grants: [{ deny: "tool:x" }] },
    helper: { tools: ["h"] },
    closed: { tools: ["x"], grants: [] },
    owner: { tools: ["x"], agents: ["helper"], grants: ["spawn:helper"] },
  };

  it("replace the default literally, also as an empty list", () => {
    expect(line(templates, ["strict"]).tool("y")).toBe("granted");
    expect(line(templates, ["strict"]).tool("x")).toBe("refused");
    expect(line(templates, ["strict"]).spawn("helper")).toBe("refused");
    expect(line(templates, ["closed"]).tool("x")).toBe("refused");
  });

  it("are added to the default when they only deny", () => {
    expect(line(templates, ["careful"]).tool("y")).toBe("granted");
    expect(line(templates, ["careful"]).tool("x")).toBe("refused");
    expect(line(templates, ["careful", "helper"]).tool("h")).toBe("granted");
    expect(line(templates, ["lead", "careful", "helper"]).tool("h")).toBe("granted");
  });

  it("of a template are passed on by who names it", () => {
    expect(line(templates, ["lead", "strict"]).tool("y")).toBe("granted");
    expect(line(templates, ["lead"]).tool("y")).toBe("refused");
  });

  it("of a template end what is passed on: nothing behind it could be used", () => {
    const layers = new SpecGrants(templates).layers({ agents: ["strict"] });
    expect(layers).toEqual([["spawn:strict", { allow: "tool:y", use: false }]]);
  });

  it("of a parent that do not cover a child deny it at use", () => {
    expect(line(templates, ["owner"]).spawn("helper")).toBe("granted");
    expect(line(templates, ["owner", "helper"]).tool("h")).toBe("refused");
  });

  it("of a spawn only narrow", () => {
    expect(line(templates, ["careful"], ["tool:h"]).tool("y")).toBe("refused");
    expect(line(templates, ["helper"], ["tool:*"]).tool("y")).toBe("refused");
    expect(line(templates, ["helper"], [{ deny: "tool:y" }]).tool("h")).toBe("granted");
    expect(line(templates, ["helper"], [{ deny: "tool:h" }]).tool("h")).toBe("refused");
    expect(line(templates, ["helper"], []).tool("h")).toBe("refused");
  });

  it("of the supervisor replace its default, or are added to it when they only deny", () => {
    const all = ["tool:*", "model:*", "spawn:*", "message:*"];
    expect(supervisorGrants(undefined)).toEqual(all);
    expect(supervisorGrants(["tool:x"])).toEqual(["tool:x"]);
    expect(supervisorGrants([{ deny: "tool:x" }])).toEqual([...all, { deny: "tool:x" }]);
    expect(supervisorGrants([])).toEqual([]);
  });
});
