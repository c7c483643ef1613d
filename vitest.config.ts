import { configDefaults, defineConfig } from "vitest/config";

// Our own scripts resolve "coppice" to the TypeScript source; an installed package never does.
const condition = "coppice-source";

const all = "test/**/*.test.ts";
/** Programs, servers over stdio, isolated agents, Chromium: two files at a time, three programs each. */
const processes = "test/**/processes/**/*.test.ts";
/** Whole swarms on real threads, in real time. */
const swarms = "test/{hosts,inspect,simulation,supervisor}/**/*.test.ts";
/** Fails a test that starts a process where none belongs. */
const setupFiles = ["test/fixtures/no-processes.ts"];

const exclude = [...configDefaults.exclude, "test/bench/**"];

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    // The folder of a test file says which group it is in; one that is not named here is quick.
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: [all],
          exclude: [...exclude, processes, swarms],
          setupFiles,
        },
      },
      {
        extends: true,
        test: { name: "swarms", include: [swarms], exclude: [...exclude, processes], setupFiles },
      },
      {
        extends: true,
        test: { name: "processes", include: [processes], exclude },
      },
    ],
    pool: "forks",
    // Worker threads and child programs that tests start inherit the condition.
    execArgv: [`--conditions=${condition}`],
    maxWorkers: 2,
    maxConcurrency: 3,
    // Generous: the machine may have other work. Only what hangs meets them.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
});
