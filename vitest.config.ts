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
    testTimeout: 20_000,
  },
});
