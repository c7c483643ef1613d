import { activeIn, elkGraph, graphOf } from "./chart-graph.js";

const SVG = "http://www.w3.org/2000/svg";
const TAKEN_MS = 900;
const MARGIN = 28;
/** Layouts that are kept, so that a return to an agent is quick. */
const LAYOUTS_KEPT = 50;

/** Draws a machine's statechart and marks its active states. */
export class Chart {
  #home;
  #elk;
  #layouts = new Map();
  #drawn;
  #wanted;

  constructor(home) {
    this.#home = home;
    new ResizeObserver(() => this.#fit()).observe(home);
  }

  /** Shows an actor. A drawing that exists already is only updated. */
  async show(actor) {
    this.#wanted = actor;
    if (actor === undefined) return this.#hint("Choose an agent to see its machine.");
    if (this.#drawn?.definition !== actor.definition || this.#drawn.id !== actor.id) {
      await this.#draw(actor);
    }
    const { id } = this.#wanted ?? {};
    if (id === actor.id && this.#drawn?.id === id) this.#mark(this.#wanted);
  }

  async #draw({ id, definition }) {
    const config = JSON.parse(definition);
    if (config.states === undefined) return this.#hint(`${config.id ?? id} has no statechart.`);
    const laidOut = await this.#layout(definition, config).catch(() => undefined);
    if (this.#wanted?.id !== id) return undefined;
    if (laidOut === undefined) return this.#hint(`${config.id ?? id} cannot be drawn.`);
    const { graph, layout } = laidOut;
    const svg = make("svg", { role: "img", "aria-label": `Statechart of ${config.id}` });
    svg.append(arrowHead());
    const boxes = new Map();
    const edges = [];
    for (const node of layout.children) drawNode(node, graph, svg, boxes);
    const routes = new Map();
    collectEdges(layout, routes);
    graph.edges.forEach((edge, index) => {
      const route = routes.get(`edge-${index}`);
      if (route === undefined) return;
      const element = drawEdge(route);
      svg.append(element);
      edges.push({ ...edge, element });
    });
    this.#home.replaceChildren(svg);
    this.#drawn = { id, definition, graph, svg, boxes, edges, size: layout };
    this.#fit();
  }

  /** Marks the active states, and the arrow that was just taken. */
  #mark({ snapshot, before, cause }) {
    const { graph, boxes, edges } = this.#drawn;
    const active = activeIn(graph.root, snapshot?.value);
    for (const [id, element] of boxes) element.classList.toggle("active", active.has(id));
    const isNew = this.#drawn.snapshot !== snapshot;
    const from = before && activeIn(graph.root, before.value);
    for (const edge of edges) {
      edge.element.classList.toggle("open", active.has(edge.from) && edge.from !== graph.root.id);
      const isTaken =
        isNew && edge.events?.includes(cause?.type) && from?.has(edge.from) && active.has(edge.to);
      if (!isTaken) continue;
      edge.element.classList.add("taken");
      setTimeout(() => edge.element.classList.remove("taken"), TAKEN_MS);
    }
    this.#drawn.snapshot = snapshot;
  }

  async #layout(definition, config) {
    const known = this.#layouts.get(definition);
    if (known !== undefined) return known;
    this.#elk ??= new ELK();
    const graph = graphOf(config);
    const laidOut = { graph, layout: await this.#elk.layout(elkGraph(graph)) };
    this.#layouts.set(definition, laidOut);
    if (this.#layouts.size > LAYOUTS_KEPT) this.#layouts.delete(this.#layouts.keys().next().value);
    return laidOut;
  }

  /** Scales the drawing to the space, but not beyond its natural size. */
  #fit() {
    if (this.#drawn === undefined) return;
    const { svg, size } = this.#drawn;
    const { clientWidth, clientHeight } = this.#home;
    const width = Math.max(size.width + 2 * MARGIN, clientWidth / 1.15);
    const height = Math.max(size.height + 2 * MARGIN, clientHeight / 1.15);
    const [x, y] = [(size.width - width) / 2, (size.height - height) / 2];
    svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  }

  #hint(text) {
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = text;
    this.#home.replaceChildren(hint);
    this.#drawn = undefined;
  }
}

function drawNode({ id, x, y, width, height, children = [] }, graph, into, boxes) {
  const node = graph.nodes.get(id);
  if (node === undefined) {
    into.append(make("circle", { class: "start", cx: x + 6, cy: y + 6, r: 5 }));
    return;
  }
  const isMachine = node === graph.root;
  const kinds = ["node", node.children.length > 0 && "parent", isMachine && "machine"];
  const group = make("g", { class: kinds.filter(Boolean).join(" "), "data-state": id });
  group.append(make("rect", { class: "box", x, y, width, height, rx: 10 }));
  if (node.config.type === "final") {
    group.classList.add("final");
    const inner = { x: x + 4, y: y + 4, width: width - 8, height: height - 8, rx: 7 };
    group.append(make("rect", { class: "inner", ...inner }));
  }
  group.append(textAt(x + 16, y + 24, "title", node.name));
  node.notes.forEach((note, at) => {
    group.append(textAt(x + 16, y + 42 + at * 16, "note", note));
  });
  if (node.config.description !== undefined) {
    const title = make("title");
    title.textContent = node.config.description;
    group.append(title);
  }
  into.append(group);
  boxes.set(id, group);
  for (const child of children) drawNode(child, graph, into, boxes);
}

function drawEdge({ sections = [], labels = [] }) {
  const group = make("g", { class: "edge" });
  for (const { startPoint, bendPoints = [], endPoint } of sections) {
    const d = rounded([startPoint, ...bendPoints, endPoint]);
    group.append(make("path", { d, "marker-end": "url(#head)" }));
  }
  for (const { text, x, y, width, height } of labels) {
    group.append(make("rect", { x, y, width, height, rx: 4 }));
    text.split("\n").forEach((line, at) => {
      group.append(textAt(x + 4, y + 13 + 14 * at, "", line));
    });
  }
  return group;
}

/** Returns a path through the points, with rounded corners. */
function rounded(points) {
  const [first, ...rest] = points;
  let d = `M${first.x} ${first.y}`;
  rest.forEach((corner, at) => {
    const next = rest[at + 1];
    if (next === undefined) {
      d += ` L${corner.x} ${corner.y}`;
      return;
    }
    const before = towards(corner, points[at]);
    const behind = towards(corner, next);
    d += ` L${before.x} ${before.y} Q${corner.x} ${corner.y} ${behind.x} ${behind.y}`;
  });
  return d;
}

function towards(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(8, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function collectEdges({ edges = [], children = [] }, into) {
  for (const edge of edges) into.set(edge.id, edge);
  for (const child of children) collectEdges(child, into);
}

function arrowHead() {
  const head = make("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4 });
  head.setAttribute("markerWidth", "7");
  head.setAttribute("markerHeight", "7");
  head.setAttribute("orient", "auto-start-reverse");
  head.setAttribute("markerUnits", "userSpaceOnUse");
  head.append(make("path", { class: "head", d: "M0 0.5 8 4 0 7.5Z" }));
  return head;
}

function textAt(x, y, kind, text) {
  const element = make("text", { x, y, class: kind });
  element.textContent = text;
  return element;
}

function make(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
