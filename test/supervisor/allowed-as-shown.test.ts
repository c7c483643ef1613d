import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentSpec, ApprovalScope, Grant, Json, PendingApproval } from "../../src/index.ts";
import { call, done, questions, results, scribe, start, supervisor } from "./approval-desk.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "shown-")));
  for (const name of ["docs", "other", "secret"]) mkdirSync(join(folder, name));
  lead("docs");
});
afterEach(async () => {
  await supervisor.stop();
  rmSync(folder, { recursive: true });
});

/** Has the link lead there. */
function lead(to: string): void {
  const link = join(folder, "link");
  rmSync(link, { force: true });
  symlinkSync(join(folder, to), link);
}

const within = (name: string) => ({ path: `path:${folder}/${name}` });
const asksWithin = (name: string): Grant => ({
  allow: "tool:write",
  where: within(name),
  ask: true,
});
const writer = (paths: readonly string[], grants: readonly Grant[]): AgentSpec => ({
  ...scribe(paths.map((path) => join(folder, path))),
  grants: [...grants, "model:*"],
});
const shown = ({ input }: PendingApproval): Json | undefined =>
  (input as { readonly path?: string }).path?.replace(folder, "");
/** What was written, below the folder. */
const written = () => done.map((path) => path.replace(folder, ""));

/** Runs it, and decides each question by itself; answers with what each one showed. */
async function decideEach(
  spec: AgentSpec,
  decide: (asked: PendingApproval, nth: number) => ApprovalScope | false,
) {
  const seen: PendingApproval[] = [];
  const approve = (asked: PendingApproval) => {
    const scope = decide(asked, seen.push(asked));
    return scope === false ? { allow: false } : { allow: true, scope };
  };
  await start({ agents: { writer: spec }, approve });
  const codes = results();
  const told: unknown[] = [];
  supervisor.on("tool.denied", ({ message }) => told.push(message));
  expect((await supervisor.run("writer", { input: "go" })).status).toBe("completed");
  return { seen, codes, told };
}

describe("a yes to a call", () => {
  it("is for the path that was shown: one that leads elsewhere is asked about", async () => {
    await start({ agents: { writer: writer(["link/a.txt"], [asksWithin("**")]) } });
    const run = supervisor.run("writer", { input: "go" });
    const [first] = await questions();
    expect(first && shown(first)).toBe("/docs/a.txt");
    lead("other");
    const again = new Promise((resolve) => supervisor.once("approval.requested", resolve));
    await supervisor.decide(first?.id ?? "", { allow: true });
    await again;
    const [second] = supervisor.approvals();
    expect(done).toEqual([]);
    expect(second?.id).not.toBe(first?.id);
    expect(second && shown(second)).toBe("/other/a.txt");
    expect(second?.reason).toContain("other arguments than a person has allowed");
    await supervisor.decide(second?.id ?? "", { allow: true });
    await run;
    expect(written()).toEqual(["/other/a.txt"]);
  });

  it("has the tool given exactly the value that was shown", async () => {
    const { seen } = await decideEach(
      writer(["link/../docs/./a.txt"], [asksWithin("**")]),
      () => "once",
    );
    expect(seen.map(shown)).toEqual(["/docs/a.txt"]);
    expect(written()).toEqual(["/docs/a.txt"]);
  });

  it("is asked for again also where no grant asks about what it would be now", async () => {
    const grants = [asksWithin("docs/**"), { allow: "tool:write", where: within("**") }];
    const { seen } = await decideEach(writer(["link/a.txt"], grants), (_, nth) => {
      if (nth === 1) lead("other");
      return nth === 1 ? "once" : false;
    });
    expect(seen.map(shown)).toEqual(["/docs/a.txt", "/other/a.txt"]);
    expect(done).toEqual([]);
  });

  it("is a refusal without a question where it leads to what is denied by then", async () => {
    const grants = [asksWithin("**"), { deny: "tool:write", where: within("secret/**") }];
    const { seen, codes } = await decideEach(writer(["link/a.txt"], grants), () => {
      lead("secret");
      return "always";
    });
    expect([seen.length, codes, done]).toEqual([1, ["CAPABILITY_DENIED"], []]);
  });

  it("is asked for three times at most, and then refused with the reason", async () => {
    const { seen, codes, told } = await decideEach(
      writer(["link/a.txt"], [asksWithin("**")]),
      (_, nth) => {
        lead(["other", "secret", "docs"][nth % 3] as string);
        return "agent";
      },
    );
    expect([seen.length, codes, done]).toEqual([3, ["APPROVAL_DENIED"], []]);
    expect(told[0]).toMatch(/was allowed 3 times, but the call had changed each time/);
  });

  it("goes on where the link came back before anybody looked", async () => {
    const { seen } = await decideEach(writer(["link/a.txt"], [asksWithin("**")]), () => {
      lead("other");
      unlinkSync(join(folder, "link"));
      lead("docs");
      return "once";
    });
    expect([seen.length, written()]).toEqual([1, ["/docs/a.txt"]]);
  });

  it("is for what was shown also after more of a budget was asked for", async () => {
    const both = ["docs/1", "link/a.txt"].map((path) => call(join(folder, path)));
    const steps = [{ toolCalls: both }, { text: "done" }];
    const budget = { toolCalls: 1, onExceeded: "ask" } as const;
    const model = { provider: "scripted", steps } as const;
    const spec = { ...writer([], [asksWithin("**")]), model, budget };
    const { seen } = await decideEach(spec, ({ kind }, nth) => {
      if (kind === "budget") lead("other");
      return nth <= 3 && "once";
    });
    expect(seen.map(({ kind }) => kind)).toEqual(["tool", "tool", "budget", "tool"]);
    expect(seen.at(-1) && shown(seen.at(-1) as PendingApproval)).toBe("/other/a.txt");
    expect(written()).toEqual(["/docs/1"]);
  });

  it("cannot be changed by whoever is shown it", async () => {
    await start({ agents: { scribe: scribe(["a"]) } });
    supervisor.on("approval.requested", ({ input }) => {
      Object.assign(input as object, { path: "harmless" });
    });
    const warned = new Promise((resolve) => process.once("warning", resolve));
    const run = supervisor.run("scribe", { input: "go" });
    const [asked] = await questions();
    expect(String(await warned)).toContain("CoppiceListenerWarning");
    expect(asked?.input).toEqual({ path: "a" });
    await supervisor.decide(asked?.id ?? "", { allow: true });
    await run;
    expect(done).toEqual(["a"]);
  });
});

describe.each(["agent", "run", "always"] as const)("a yes for the %s", (scope) => {
  const two = (): readonly Grant[] => [asksWithin("docs/**"), asksWithin("secret/**")];

  it("covers other arguments that its rule speaks of, and not those of another rule", async () => {
    const paths = ["docs/a", "docs/b", "secret/c", "docs/d", "secret/e"];
    const { seen } = await decideEach(writer(paths, two()), () => scope);
    expect(seen.map(shown)).toEqual(["/docs/a", "/secret/c"]);
    expect(written()).toEqual(paths.map((path) => `/${path}`));
  });

  it("does not cover what a second rule asks about as well", async () => {
    const grants = [asksWithin("**"), asksWithin("secret/**")];
    const { seen } = await decideEach(
      writer(["docs/a", "secret/b", "secret/c"], grants),
      () => scope,
    );
    expect(seen.map(shown)).toEqual(["/docs/a", "/secret/b"]);
  });

  it("does not cover arguments that cannot be read", async () => {
    const grants: Grant[] = ["tool:write", asksWithin("**")];
    const { seen } = await decideEach(
      writer(["docs/a", "docs/a\\b", "docs/a\\c"], grants),
      () => scope,
    );
    expect(seen).toHaveLength(3);
  });

  it("answers only those open questions that its rule asks", async () => {
    const one = writer(["docs/a"], two());
    await start({ agents: { one } });
    const steps = [
      { toolCalls: ["docs/a", "docs/b", "secret/c"].map((path) => call(join(folder, path))) },
      { text: "done" },
    ];
    const model = { provider: "scripted", steps } as const;
    const run = supervisor.run({ ...one, model }, { input: "go" });
    const [first] = await questions(3);
    await supervisor.decide(first?.id ?? "", { allow: true, scope });
    expect(supervisor.approvals().map(shown)).toEqual(["/secret/c"]);
    await supervisor.decide(supervisor.approvals()[0]?.id ?? "", { allow: false });
    await run;
    expect(written()).toEqual(["/docs/a", "/docs/b"]);
  });
});
