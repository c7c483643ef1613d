/**
 * Test tools for agents: a clock that is moved by hand, a probe, scripts for models, and a
 * simulator that runs a swarm through thousands of orders of events.
 *
 * @module coppice/testing
 */
export type { FaultRates } from "./faults.ts";
export type { AgentHistory, CallHistory, Past } from "./history.ts";
export type { Invariant, Scene } from "./invariant.ts";
export { ManualClock } from "./manual-clock.ts";
export type { Random } from "./random.ts";
export type { Simulation } from "./schedule.ts";
export { call, type ScriptedCall, type ScriptedTurn, scripted } from "./scripted.ts";
export { type Simulated, type SimulateOptions, simulate } from "./simulate.ts";
export { SimulationFailed } from "./simulation-failed.ts";
export { TestProbe, type Wanted } from "./test-probe.ts";
