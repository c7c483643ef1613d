import { Chart } from "./chart.js";
import {
  drawBudget,
  drawContext,
  drawEvents,
  drawFigures,
  drawSubject,
  drawTabs,
} from "./detail.js";
import { Live, SUPERVISOR } from "./live.js";
import { Tree } from "./tree.js";

/** Milliseconds between two readings of the chosen agent's budget. */
const BUDGET_EVERY_MS = 700;

const at = (id) => document.getElementById(id);
const chart = new Chart(at("chart"));
const tree = new Tree(at("tree"), choose);
const live = new Live(draw);
const liveOnly = at("live-only");
let chosen = decodeURIComponent(location.hash.slice(1)) || undefined;
let actor;

liveOnly.addEventListener("change", draw);
setInterval(refreshBudget, BUDGET_EVERY_MS);

function choose(path) {
  chosen = path;
  actor = undefined;
  history.replaceState(null, "", `#${encodeURIComponent(path)}`);
  draw();
  refreshBudget();
}

function chooseActor(id) {
  actor = id;
  draw();
}

function draw() {
  const { agents, isOn } = live;
  const link = at("link");
  link.textContent = isOn ? "live" : "not connected";
  link.classList.toggle("on", isOn);
  // Without a choice, the first agent is shown.
  const first = [...agents.keys()].find((path) => path !== SUPERVISOR);
  if (chosen === undefined && first !== undefined) return choose(first);
  drawFigures(at("figures"), agents);
  tree.draw(agents, chosen, liveOnly.checked);
  drawSubject(at("subject"), agents.get(chosen));
  const actors = chosen === undefined ? [] : live.actorsOf(chosen);
  const shown = actors.find(({ id }) => id === actor) ?? actors[0];
  drawTabs(at("tabs"), actors, shown?.id, chooseActor);
  drawContext(at("context"), shown);
  drawEvents(at("events"), live.eventsOf(chosen));
  // The drawing of an actor that has ended stays as long as its agent is chosen.
  if (shown !== undefined || chosen === undefined) void chart.show(shown);
}

async function refreshBudget() {
  if (chosen === undefined || !live.isOn || document.hidden) return;
  const path = chosen;
  const response = await fetch(`budget?path=${encodeURIComponent(path)}`).catch(() => undefined);
  const budget = response?.ok ? await response.json() : undefined;
  if (path === chosen) drawBudget(at("budget"), budget);
}
