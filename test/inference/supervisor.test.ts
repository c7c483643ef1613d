import {
  type AgentRef,
  type AgentSpec,
  defineTool,
  type Json,
  type Outcome,
  Supervisor,
  type SupervisorOptions,
} from "coppice";
import { scripted } from "coppice/testing";
import { describe, expect, expectTypeOf, it } from "vitest";

const add = defineTool({
  name: "add",
  description: "Adds two numbers.",
  input: { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
  execute: ({ a }) => a + 1,
});

/** Starts one with two agents, of which one has a schema for its output. */
const start = () =>
  Supervisor.start({
    threads: 0,
    tools: [add],
    agents: {
      adder: { model: scripted("5"), tools: ["add"], labels: { team: "maths" } },
      lead: { model: scripted("done"), agents: ["adder"], labels: { tenant: "acme" } },
    },
  });
type Started = Awaited<ReturnType<typeof start>>;

/** What the compiler is asked about is not run: an output's schema is refused in this version. */
declare const typed: Supervisor<
  { readonly counter: { readonly n: number }; readonly plain: Json },
  "add",
  "tenant"
>;
const notRun = (_: () => unknown): void => undefined;

describe("Supervisor.start", () => {
  it("knows the names of its agents, tools and labels", async () => {
    expectTypeOf<Started>().toEqualTypeOf<
      Supervisor<{ readonly adder: Json; readonly lead: Json }, "add", "team" | "tenant">
    >();
    await using supervisor = await start();
    const outcome = await supervisor.run("adder", { input: "Add." });
    expectTypeOf(outcome).toEqualTypeOf<Outcome<Json>>();
    expect(outcome).toMatchObject({ output: "5" });
    // @ts-expect-error: there is no such agent
    const refused = supervisor.run("addr", { input: "Add." });
    await expect(refused).rejects.toMatchObject({ code: "AGENT_UNKNOWN" });
    // @ts-expect-error: a name that is not known when this is compiled
    notRun(() => supervisor.run("adder" as string));
  });

  it("knows the output of an agent by its schema", () => {
    notRun(async () => {
      const supervisor = await Supervisor.start({
        agents: {
          counter: {
            output: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
          },
        },
      });
      const outcome = await supervisor.run("counter");
      expectTypeOf(outcome).toEqualTypeOf<Outcome<{ readonly n: number }>>();
      const ref = await supervisor.spawn("counter");
      expectTypeOf(ref).toEqualTypeOf<AgentRef<{ readonly n: number }>>();
      const inline = await supervisor.run({ output: { type: "string" } });
      expectTypeOf(inline).toEqualTypeOf<Outcome<string>>();
      expectTypeOf(await supervisor.run({ model: "m" })).toEqualTypeOf<Outcome<Json>>();
    });
  });

  it("knows no agent when it is given none, and any where a list is read", async () => {
    await using none = await Supervisor.start({ threads: 0 });
    // @ts-expect-error: there is none
    await expect(none.run("adder")).rejects.toMatchObject({ code: "AGENT_UNKNOWN" });
    const agents: Readonly<Record<string, AgentSpec>> = { adder: { model: scripted("5") } };
    await using read = await Supervisor.start({ threads: 0, agents });
    expectTypeOf(read).toEqualTypeOf<Supervisor<{ readonly [name: string]: Json }, never, never>>();
    expect(await read.run("adder" as string, { input: "Add." })).toMatchObject({ output: "5" });
    const options: SupervisorOptions = { threads: 0, agents };
    await using same = await Supervisor.start(options);
    expectTypeOf(same).toEqualTypeOf<Supervisor>();
  });

  it("names an option that there is not, at any depth", () => {
    notRun(() => [
      // @ts-expect-error: `agents`
      Supervisor.start({ agnets: {} }),
      // @ts-expect-error: `instructions`
      Supervisor.start({ agents: { a: { instrutions: "x" } } }),
      // @ts-expect-error: a number
      Supervisor.start({ agents: { a: { timeoutMs: "1" } } }),
      // @ts-expect-error: no schema
      Supervisor.start({ agents: { a: { output: 3 } } }),
      // @ts-expect-error: a text
      Supervisor.start({ agents: { a: { labels: { tenant: 3 } } } }),
      // @ts-expect-error: `concurrency`
      Supervisor.start({ limits: { concurency: 3 } }),
    ]);
  });

  it("takes templates, tools and names from other places", () => {
    const shared: AgentSpec = { model: "m", agents: ["b"], tools: ["fs/*"] };
    notRun(async () => {
      const made = await Supervisor.start({
        agents: { a: shared, b: { ...shared, agents: ["a", "c"] } },
      });
      expectTypeOf(made.run("a")).resolves.toEqualTypeOf<Outcome<Json>>();
      const options = { agents: { a: shared } } satisfies SupervisorOptions;
      expectTypeOf(await Supervisor.start(options)).toEqualTypeOf<
        Supervisor<{ readonly a: Json }, never, never>
      >();
      type Options = NonNullable<Parameters<typeof Supervisor.start>[0]>;
      const any = await Supervisor.start({} as Options);
      expectTypeOf(any).toEqualTypeOf<Supervisor>();
    });
  });
});

describe("Supervisor", () => {
  it("is not made by `new`, and not extended", () => {
    // @ts-expect-error: the constructor is private
    expect(() => new Supervisor()).toThrow("await Supervisor.start(options)");
    // @ts-expect-error: the constructor is private
    notRun(() => class extends Supervisor {});
  });

  it("that knows its agents is taken where any is", () => {
    const serve = (supervisor: Supervisor) => supervisor.run("any");
    const counted = (supervisor: Supervisor<{ readonly counter: { readonly n: number } }>) =>
      supervisor.run("counter");
    notRun(() => {
      serve(typed);
      expectTypeOf(counted(typed)).resolves.toEqualTypeOf<Outcome<{ readonly n: number }>>();
    });
    notRun(async () => {
      const supervisor: Supervisor = await start();
      return supervisor.run("any" as string);
    });
  });

  it("gives the output that the caller declares", () => {
    interface Counted {
      n: number;
    }
    notRun(async () => {
      expectTypeOf(await typed.run<Counted>("plain")).toEqualTypeOf<Outcome<Counted>>();
      expectTypeOf(await typed.run<Counted>({ model: "m" })).toEqualTypeOf<Outcome<Counted>>();
      expectTypeOf(await typed.spawn<Counted>("plain")).toEqualTypeOf<AgentRef<Counted>>();
      const outcome = await typed.run("counter");
      if (outcome.status === "completed") expectTypeOf(outcome.output.n).toEqualTypeOf<number>();
      else expectTypeOf(outcome).not.toHaveProperty("output");
    });
  });

  it("gives it in a generic function too", () => {
    async function outputOf<T>(supervisor: Supervisor, agent: string): Promise<T | undefined> {
      const outcome = await supervisor.run<T>(agent);
      return outcome.status === "completed" ? outcome.output : undefined;
    }
    expectTypeOf(outputOf<number>).returns.resolves.toEqualTypeOf<number | undefined>();
  });

  it("takes a name, a spec, or either", () => {
    const either = (supervisor: Supervisor, agent: string | AgentSpec) => supervisor.run(agent);
    expectTypeOf(either).returns.resolves.toEqualTypeOf<Outcome<Json>>();
    notRun(() => [
      // @ts-expect-error: `instructions`
      typed.run({ instrutions: "x" }),
      // @ts-expect-error: there is no such option
      typed.run("plain", { inptu: "x" }),
      typed.run("plain", { tools: ["add", "fs/*"], labels: { tenant: "acme", other: "x" } }),
    ]);
  });
});
