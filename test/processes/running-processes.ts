import { readdirSync, readFileSync } from "node:fs";

/** A process of this machine, as Linux tells it. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** Every process that has not died; a dead one whose parent has not noticed is not among them. */
export function runningProcesses(): RunningProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") return [];
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      return [{ pid: Number(name), parent: Number(parent), group: Number(group), command }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** A process, what it started, and all who are in the groups of those. */
export function treeOf(root: number, all = runningProcesses()): RunningProcess[] {
  const inTree = new Set([root]);
  for (let before = 0; before !== inTree.size; ) {
    before = inTree.size;
    for (const { pid, parent, group } of all) {
      if (inTree.has(parent) || inTree.has(group)) inTree.add(pid);
    }
  }
  return all.filter(({ pid }) => inTree.has(pid));
}
