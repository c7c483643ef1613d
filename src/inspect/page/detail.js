import { SUPERVISOR } from "./live.js";
import { dollars, nameOf, stateText } from "./tree.js";

const UNITS = { usd: "Cost", tokens: "Tokens", toolCalls: "Tool calls", modelCalls: "Model calls" };
const whole = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Draws the name, path and state of the chosen agent. */
export function drawSubject(home, agent) {
  if (agent === undefined) return home.replaceChildren();
  const { path, status, outcome, state, host, template, turns } = agent;
  const facts = [template, host, turns > 0 && `${turns} ${turns === 1 ? "turn" : "turns"}`];
  home.replaceChildren(
    make("strong", "", nameOf(path)),
    make("code", "", path),
    make("span", `chip ${outcome ?? status}`, outcome ?? status),
    ...(state === undefined ? [] : [make("span", "chip state", stateText(state))]),
    ...facts.filter(Boolean).map((fact) => make("span", "chip", fact)),
  );
}

/** Draws one tab for each machine of the agent; its own comes first. */
export function drawTabs(home, actors, chosen, choose) {
  const shown = actors.map(({ id }) => id).join("\n");
  if (home.dataset.shown !== shown) {
    home.dataset.shown = shown;
    home.replaceChildren(
      ...actors.map((actor) => {
        const button = make("button", "", actor.id.includes("/@") ? actor.name : "machine");
        button.role = "tab";
        button.dataset.actor = actor.id;
        button.addEventListener("click", () => choose(actor.id));
        return button;
      }),
    );
  }
  for (const button of home.children) {
    button.ariaSelected = String(button.dataset.actor === chosen);
  }
}

export function drawContext(home, actor) {
  const { context, output, error, input } = actor?.snapshot ?? {};
  const shown = Object.entries({ output, error, input }).filter(([, value]) => value != null);
  const fields = { ...(typeof context === "object" ? context : {}), ...Object.fromEntries(shown) };
  const text = Object.keys(fields).length === 0 ? "nothing" : JSON.stringify(fields, null, 2);
  if (home.textContent !== text) home.textContent = text;
}

/** Draws the events, newest first. */
export function drawEvents(home, events) {
  const last = events.at(-1);
  const shown = `${events.length} ${last?.at} ${last?.type} ${events[0]?.at}`;
  if (home.dataset.shown === shown && last?.drawn) return;
  home.dataset.shown = shown;
  if (last !== undefined) last.drawn = true;
  home.replaceChildren(
    ...events.toReversed().map(({ at, type, detail, kind }) => {
      const line = make("li", kind, "");
      const time = new Date(at).toLocaleTimeString("en-GB");
      const text = make("span", "", detail);
      text.title = detail;
      line.append(make("time", "", time), make("b", "", type), text);
      return line;
    }),
  );
}

export function drawBudget(home, budget) {
  const lines = Object.entries(budget ?? {}).map(([unit, line]) => {
    const amount = unit === "usd" ? dollars : (value) => whole.format(value);
    const { limit, spent, reserved, remaining } = line;
    const element = make("div", "line", "");
    const bound = limit === null ? "" : ` of ${amount(limit)}`;
    const held = reserved > 0 ? `, ${amount(reserved)} held` : "";
    const left = limit === null && remaining !== null ? `, ${amount(remaining)} left` : "";
    element.append(
      make("span", "", UNITS[unit] ?? unit),
      make("span", "amount", `${amount(spent)}${bound}${held}${left}`),
    );
    if (limit !== null) element.append(meter(spent + reserved, limit));
    return element;
  });
  home.replaceChildren(...(lines.length === 0 ? [make("p", "hint", "none known")] : lines));
}

export function drawFigures(home, agents) {
  const rows = [...agents.values()].filter(({ path }) => path !== SUPERVISOR);
  const living = rows.filter(({ status }) => status !== "stopped");
  const working = living.filter(({ status }) => status === "running").length;
  const tops = rows.filter(({ path }) => path.lastIndexOf("/") === 0);
  const usd = tops.reduce((sum, { usage }) => sum + usage.usd, 0);
  const figures = [
    ["living", living.length],
    ["at work", working],
    ["ended", rows.length - living.length],
    ["spent", dollars(usd)],
  ];
  home.replaceChildren(
    ...figures.map(([name, value]) => {
      const pair = make("div", "", "");
      pair.append(make("dt", "", name), make("dd", "", String(value)));
      return pair;
    }),
  );
}

function meter(value, max) {
  const element = document.createElement("progress");
  element.max = max === 0 ? 1 : max;
  element.value = max === 0 ? 1 : value;
  const share = max === 0 ? 1 : value / max;
  element.className = share >= 1 ? "full" : share >= 0.8 ? "high" : "";
  return element;
}

function make(name, kind, text) {
  const element = document.createElement(name);
  if (kind !== "") element.className = kind;
  element.textContent = text;
  return element;
}
