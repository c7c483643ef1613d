/**
 * What tests of agents need: a clock that is moved by hand, a probe, and scripts for models.
 *
 * @module coppice/testing
 */
export { ManualClock } from "./manual-clock.ts";
export { call, type ScriptedCall, type ScriptedTurn, scripted } from "./scripted.ts";
export { TestProbe, type Wanted } from "./test-probe.ts";
