import { defineConfig } from "vitest/config";

// Our own scripts resolve "coppice" to the TypeScript source; an installed package never does.
const condition = "coppice-source";

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/bench/**", "**/node_modules/**"],
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
