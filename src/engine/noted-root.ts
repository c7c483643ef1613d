import type { Commons } from "../kernel/commons-port.ts";
import type { Outside } from "./outside.ts";

/** Wraps the root for the runs: each answer is noted with the input of the run's step. */
export function notedRoot(root: Commons, outside: Outside): Commons {
  return {
    takeName: (base, chosen) => outside.query("name", () => root.takeName(base, chosen)),
    giveNameBack: (base) => outside.update(() => root.giveNameBack(base)),
    near: (name) => outside.query("near", () => root.near(name)),
    room: (now) => outside.query("room", () => root.room(now)),
    spawned: (now) => outside.update(() => root.spawned(now)),
    dequeued: () => outside.update(() => root.dequeued()),
    takeSlot: (node, lane, isBlocked) =>
      outside.query("slot", () => root.takeSlot(node, lane, isBlocked)),
    leaveSlot: (node) => outside.update(() => root.leaveSlot(node)),
    mayStart: (top) => outside.query("start", () => root.mayStart(top)),
    over: (top) => outside.update(() => root.over(top)),
    mayQuarantine: (node) => outside.query("quarantine", () => root.mayQuarantine(node)),
    leftQuarantine: (node) => outside.update(() => root.leftQuarantine(node)),
  };
}
