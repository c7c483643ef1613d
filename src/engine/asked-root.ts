import type { Commons } from "../kernel/commons-port.ts";
import type { Outside } from "./outside.ts";

/** The root as a run asks it: each answer is noted beside the input of the run. */
export function askedRoot(root: Commons, outside: Outside): Commons {
  return {
    takeName: (base, chosen) => outside.ask("name", () => root.takeName(base, chosen)),
    giveNameBack: (base) => outside.tell(() => root.giveNameBack(base)),
    near: (name) => outside.ask("near", () => root.near(name)),
    room: (now) => outside.ask("room", () => root.room(now)),
    spawned: (now) => outside.tell(() => root.spawned(now)),
    dequeued: () => outside.tell(() => root.dequeued()),
    takeSlot: (node, lane, isBlocked) =>
      outside.ask("slot", () => root.takeSlot(node, lane, isBlocked)),
    leaveSlot: (node) => outside.tell(() => root.leaveSlot(node)),
    mayStart: (top) => outside.ask("start", () => root.mayStart(top)),
    over: (top) => outside.tell(() => root.over(top)),
    mayTry: (node) => outside.ask("try", () => root.mayTry(node)),
    tried: (node) => outside.tell(() => root.tried(node)),
  };
}
