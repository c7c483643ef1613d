/** Most lines of notes in one state. */
const MAX_NOTES = 5;
const TITLE_WIDTH = 7.6;
const NOTE_WIDTH = 6.7;

/** Returns a machine's definition as the nodes and arrows of a drawing that is not laid out. */
export function graphOf(definition) {
  const byId = new Map();
  const root = nodeOf(definition, definition.id ?? "machine", [], byId);
  const edges = [];
  for (const node of byId.values()) edges.push(...edgesOf(node, root, byId));
  return { root, nodes: byId, edges };
}

/** Returns the ids of all active states. */
export function activeIn(root, value) {
  const active = new Set([root.id]);
  const visit = (node, below) => {
    const names = typeof below === "string" ? [below] : Object.keys(below ?? {});
    for (const name of names) {
      const child = node.children.find(({ name: own }) => own === name);
      if (child === undefined) continue;
      active.add(child.id);
      if (typeof below === "object") visit(child, below[name]);
    }
  };
  visit(root, value);
  return active;
}

function nodeOf(config, name, path, byId) {
  const id = path.length === 0 ? "machine" : `machine.${path.join(".")}`;
  const node = { id, name, path, config, key: config.id, notes: [], children: [] };
  byId.set(id, node);
  node.children = Object.entries(config.states ?? {}).map(([child, below]) =>
    nodeOf(below ?? {}, child, [...path, child], byId),
  );
  const invoked = listOf(config.invoke).map(({ src }) => `▸ ${named(src)}`);
  // A transition within the state is shown as text: an arrow would run through its title.
  const within = transitionsOf(config).flatMap(({ label, target }) => {
    if (target === undefined) return [`↻ ${label}`];
    return isWithin(target, path) ? [`${label} → ${String(target).split(".").at(-1)}`] : [];
  });
  const notes = [...invoked, ...within].map((note) => cut(note, 34));
  node.notes = notes.length > MAX_NOTES ? [...notes.slice(0, MAX_NOTES - 1), "…"] : notes;
  return node;
}

function edgesOf(node, root, byId) {
  const first = node.config.initial;
  const initial = typeof first === "string" ? first : first?.target;
  const start = node.children.find(({ name }) => name === initial);
  const edges = start === undefined ? [] : [{ from: `${node.id}:start`, to: start.id, lines: [] }];
  if (start !== undefined) node.start = `${node.id}:start`;
  const drawn = new Map();
  for (const { label, event, target } of transitionsOf(node.config)) {
    if (isWithin(target, node.path)) continue;
    for (const one of listOf(target)) {
      const to = resolve(one, node, root, byId);
      if (to === undefined) continue;
      // Several transitions from one state to another share an arrow.
      const known = drawn.get(to.id);
      if (known === undefined) {
        drawn.set(to.id, { from: node.id, to: to.id, labels: [label], events: [event] });
      } else {
        known.labels.push(label);
        known.events.push(event);
      }
    }
  }
  const merged = [...drawn.values()].map(({ labels, ...edge }) => {
    const unique = [...new Set(labels)];
    const more = unique.length > 3 ? [`+${unique.length - 3}`] : [];
    const lines = [...unique.slice(0, 3), ...more].flatMap((label) => label.split(/ (?=\[)/));
    return { ...edge, lines: lines.map((line) => cut(line, 30)) };
  });
  return [...edges, ...merged];
}

function transitionsOf({ on = {}, after = {}, always, onDone, invoke }) {
  const read = (event, found) =>
    listOf(found).map((one) => {
      const { target, guard } = typeof one === "string" ? { target: one } : (one ?? {});
      const label = guard === undefined ? event : `${event} [${named(guard)}]`;
      return { event, label, target };
    });
  return [
    ...Object.entries(on).flatMap(([event, found]) => read(event, found)),
    ...Object.entries(after).flatMap(([delay, found]) => read(`after ${delay}`, found)),
    ...read("always", always),
    ...read("done", onDone),
    ...listOf(invoke).flatMap(({ src, onDone: done, onError }) => [
      ...read(`done: ${named(src)}`, done),
      ...read(`error: ${named(src)}`, onError),
    ]),
  ];
}

/** True for a target below this state; the machine contains all states. */
function isWithin(target, path) {
  return typeof target === "string" && (target.startsWith(".") || path.length === 0);
}

/** Returns the node of a target: `#id.below`, `.below`, or a state beside this one. */
function resolve(target, node, root, byId) {
  if (typeof target !== "string") return undefined;
  if (target.startsWith("#")) {
    const [key, ...path] = target.slice(1).split(".");
    const top = [...byId.values()].find((one) => one.key === key) ?? root;
    return byId.get([top.id, ...path].join("."));
  }
  if (target.startsWith(".")) return byId.get(node.id + target);
  const above = node.path.length === 0 ? node.id : node.id.slice(0, -node.path.at(-1).length - 1);
  return byId.get(`${above}.${target}`);
}

/** Returns the graph in the form that the layout library takes. */
export function elkGraph({ root, edges }) {
  return {
    id: "drawing",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "DOWN",
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.edgeRouting": "ORTHOGONAL",
      "elk.spacing.nodeNode": "36",
      "elk.spacing.edgeNode": "22",
      "elk.spacing.edgeEdge": "14",
      "elk.spacing.edgeLabel": "5",
      "elk.layered.spacing.nodeNodeBetweenLayers": "44",
      "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
      "elk.json.shapeCoords": "ROOT",
      "elk.json.edgeCoords": "ROOT",
      "elk.padding": "[top=8,left=8,bottom=8,right=8]",
    },
    children: [elkNode(root)],
    edges: edges.map(({ from, to, lines }, index) => ({
      id: `edge-${index}`,
      sources: [from],
      targets: [to],
      labels: lines.length === 0 ? [] : [labelOf(lines)],
    })),
  };
}

function labelOf(lines) {
  const longest = Math.max(...lines.map(({ length }) => length));
  return { text: lines.join("\n"), width: longest * NOTE_WIDTH + 8, height: 4 + 14 * lines.length };
}

function elkNode({ id, name, notes, children, start }) {
  const text = Math.max(
    name.length * TITLE_WIDTH + 36,
    ...notes.map((note) => note.length * NOTE_WIDTH + 32),
  );
  const top = 38 + notes.length * 16;
  if (children.length === 0) return { id, width: Math.max(text, 96), height: top + 2 };
  const below = children.map(elkNode);
  const marker = start === undefined ? [] : [{ id: start, width: 12, height: 12 }];
  return {
    id,
    children: [...marker, ...below],
    layoutOptions: {
      "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
      "elk.padding": `[top=${top + 14},left=24,bottom=24,right=24]`,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": `(${text}, ${top})`,
    },
  };
}

function named(thing) {
  return typeof thing === "string" ? thing : (thing?.type ?? "inline");
}

function listOf(found) {
  if (found === undefined || found === null) return [];
  return Array.isArray(found) ? found : [found];
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
