const usd = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const small = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  maximumSignificantDigits: 2,
});

/** Returns dollars as text, with two digits for less than a cent. */
export function dollars(amount) {
  return amount > 0 && amount < 0.01 ? small.format(amount) : usd.format(amount);
}

/** Returns an agent's name; `supervisor` for the supervisor, which has none. */
export function nameOf(path) {
  return path.slice(path.lastIndexOf("/") + 1) || "supervisor";
}

/** Returns a machine's state as text: `green.steady`. */
export function stateText(value) {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([name, below]) => [name, stateText(below)].filter(Boolean).join("."))
    .join(" · ");
}

/** The tree of agents: one line each, moved and rewritten only where it has changed. */
export class Tree {
  #list;
  #choose;
  #lines = new Map();

  constructor(list, choose) {
    this.#list = list;
    this.#choose = choose;
    list.addEventListener("click", (event) => this.#pick(event.target));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  draw(agents, chosen, isLiveOnly) {
    const rows = inOrder([...agents.values()]).filter(
      ({ status }) => !isLiveOnly || status !== "stopped",
    );
    const shown = new Set(rows.map(({ path }) => path));
    for (const [path, line] of this.#lines) {
      if (shown.has(path)) continue;
      line.element.remove();
      this.#lines.delete(path);
    }
    rows.forEach((row, index) => {
      const { element } = this.#line(row);
      const isChosen = String(row.path === chosen);
      if (element.ariaSelected !== isChosen) element.ariaSelected = isChosen;
      const there = this.#list.children[index];
      if (there !== element) this.#list.insertBefore(element, there ?? null);
    });
  }

  #line(row) {
    let line = this.#lines.get(row.path);
    if (line === undefined) {
      line = { element: lineElement(row), row: undefined };
      this.#lines.set(row.path, line);
    }
    if (line.row !== row) write(line.element, row);
    line.row = row;
    return line;
  }

  #pick(target) {
    const path = target.closest("[role=treeitem]")?.dataset.path;
    if (path !== undefined) this.#choose(path);
  }

  #key(event) {
    const line = event.target.closest("[role=treeitem]");
    const next = { ArrowDown: line?.nextElementSibling, ArrowUp: line?.previousElementSibling };
    const to = next[event.key];
    if (event.key === "Enter" || event.key === " ") this.#pick(event.target);
    if (to) to.focus();
    if (to || event.key === " ") event.preventDefault();
  }
}

function lineElement({ path }) {
  const element = document.createElement("div");
  element.dataset.path = path;
  element.role = "treeitem";
  element.tabIndex = 0;
  element.ariaLevel = String(depthOf(path));
  element.style.paddingLeft = `${12 + (depthOf(path) - 1) * 18}px`;
  for (const name of ["dot", "name", "turns", "cost"]) {
    const part = document.createElement("span");
    part.className = name;
    element.append(part);
  }
  return element;
}

function write(element, { path, status, outcome, state, turns, usage, template }) {
  const [dot, name, turned, cost] = element.children;
  dot.className = `dot ${status} ${outcome ?? ""}`;
  const label = document.createElement("span");
  label.className = "state";
  label.textContent = outcome ?? (stateText(state) || status);
  name.replaceChildren(nameOf(path), label);
  turned.textContent = turns === 0 ? "" : `${turns} ${turns === 1 ? "turn" : "turns"}`;
  cost.textContent = usage.usd === 0 ? "" : dollars(usage.usd);
  element.title = `${path}\n${template}, ${status}`;
}

/** Returns parents first, each followed by its children in the order in which they came. */
function inOrder(rows) {
  const below = new Map();
  for (const row of rows) {
    const above = row.path.slice(0, row.path.lastIndexOf("/"));
    below.set(above, [...(below.get(above) ?? []), row]);
  }
  const walk = (path) => (below.get(path) ?? []).flatMap((row) => [row, ...walk(row.path)]);
  return walk("");
}

function depthOf(path) {
  return path.split("/").length - 1;
}
