import {
  type AgentRef,
  type AgentSpec,
  defineTool,
  type Json,
  type JsonSchema,
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

  it("knows JSON of an output whose schema is not literal", () => {
    const options = { agents: { counter: { output: { type: "object", properties: {} } } } };
    notRun(async () => {
      const outcome = await (await Supervisor.start(options)).run("counter");
      expectTypeOf(outcome).toEqualTypeOf<Outcome<Json>>();
      const typed = await Supervisor.start({ agents: { any: { output: {} as JsonSchema } } });
      expectTypeOf(await typed.run("any")).toEqualTypeOf<Outcome<Json>>();
    });
  });

  it("takes any name where it was given none, or a list is read", async () => {
    await using none = await Supervisor.start({ threads: 0 });
    await expect(none.run("adder")).rejects.toMatchObject({ code: "AGENT_UNKNOWN" });
    const agents: Readonly<Record<string, AgentSpec>> = { adder: { model: scripted("5") } };
    await using read = await Supervisor.start({ threads: 0, agents });
    expectTypeOf(read).toEqualTypeOf<Supervisor<{ readonly [name: string]: Json }, never, never>>();
    expect(await read.run("adder" as string, { input: "Add." })).toMatchObject({ output: "5" });
    const options: SupervisorOptions = { threads: 0, agents };
    await using same = await Supervisor.start(options);
    expectTypeOf(same).toEqualTypeOf<Supervisor>();
  });

  it("takes any name where the compiler does not look at the options", () => {
    const name = "adder" as string;
    // biome-ignore lint/suspicious/noExplicitAny: as of a module that is imported, or of a file
    const read: any = { agents: { adder: {} } };
    notRun(async () => {
      expectTypeOf((await Supervisor.start(read)).run(name)).resolves.toEqualTypeOf<Outcome>();
      await (await Supervisor.start({ ...read, threads: 0 })).run("adder");
      await (await Supervisor.start({ threads: 0, agents: read.agents })).run(name);
      await (await Supervisor.start({ agents: { ...read.agents, lead: {} } })).run("adder");
      const known = await Supervisor.start({ agents: { adder: read.agents.adder } });
      // @ts-expect-error: there is no such agent
      return known.run("addr");
    });
  });

  it("knows names that are numbers", () => {
    notRun(async () => {
      const numbered = await Supervisor.start({ agents: { 1: { model: "m" } } });
      await numbered.run("1");
      // @ts-expect-error: there is no such agent
      await numbered.run("2");
    });
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

  it("is known in part by what is generic in its agents", () => {
    class Service<Agents extends { readonly worker: Json }> {
      readonly supervisor: Supervisor<Agents>;
      constructor(supervisor: Supervisor<Agents>) {
        this.supervisor = supervisor;
      }
      async work(): Promise<Outcome> {
        return this.supervisor.run("worker");
      }
    }
    function named<Agents, Name extends keyof Agents & string>(
      supervisor: Supervisor<Agents>,
      name: Name,
    ) {
      return supervisor.run(name);
    }
    notRun(async () => {
      const agents = { worker: { model: "m" }, other: { model: "m" } };
      const supervisor = await Supervisor.start({ agents });
      expectTypeOf(new Service(supervisor).work()).resolves.toEqualTypeOf<Outcome>();
      expectTypeOf(named(supervisor, "other")).resolves.toEqualTypeOf<Outcome<Json>>();
      // @ts-expect-error: there is no `worker`
      new Service(typed);
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

  it("gives the output that is expected of an agent that declares none", () => {
    interface Counted {
      n: number;
    }
    async function counted(supervisor: Supervisor): Promise<Outcome<Counted>> {
      return supervisor.run("any", { input: "Count." });
    }
    notRun(async () => {
      await counted(typed);
      const outcome: Outcome<Counted> = await typed.run("plain");
      const ref: AgentRef<Counted> = await typed.spawn("plain");
      const inline: Outcome<Counted> = await typed.run({ output: {} as JsonSchema });
      // @ts-expect-error: it declares another
      const wrong: Outcome<string> = await typed.run("counter");
      // @ts-expect-error: it declares another
      const other: AgentRef<number> = await typed.spawn({ output: { type: "string" } });
      return [outcome, ref, inline, wrong, other];
    });
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
