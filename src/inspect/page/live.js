/** Path of the supervisor, whose actors the budget and the capability actor are. */
export const SUPERVISOR = "/";
/** Most events of one agent that are kept here. */
const EVENTS_KEPT = 200;
const MAX_WAIT_MS = 5_000;

/** The swarm as the relay reports it. `onChange` is called at most once per drawn frame. */
export class Live {
  agents = new Map();
  /** Actors of machines by id, with definition and snapshot. */
  actors = new Map();
  events = new Map();
  isOn = false;
  #onChange;
  #changed = false;
  #waitMs = 250;

  constructor(onChange) {
    this.#onChange = onChange;
    this.#connect();
  }

  actorsOf(path) {
    const below = path === SUPERVISOR ? "/@" : `${path}/@`;
    const own = (id) => id === path || id.startsWith(below);
    return [...this.actors.values()].filter(({ id }) => own(id));
  }

  eventsOf(path) {
    return this.events.get(path) ?? [];
  }

  #connect() {
    const url = new URL("live", document.baseURI);
    url.protocol = "ws:";
    const socket = new WebSocket(url);
    socket.onopen = () => {
      this.agents.clear();
      this.actors.clear();
      this.events.clear();
      this.#waitMs = 250;
      this.#set(true);
    };
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = () => {
      this.#set(false);
      setTimeout(() => this.#connect(), this.#waitMs);
      this.#waitMs = Math.min(2 * this.#waitMs, MAX_WAIT_MS);
    };
  }

  #take(message) {
    switch (message.type) {
      case "coppice.agents":
        for (const row of message.changed) this.agents.set(row.path, row);
        for (const path of message.gone) this.#forget(path);
        break;
      case "coppice.fact":
        this.#note(message.fact.path, factOf(message.fact));
        break;
      case "@xstate.actor": {
        const { sessionId: id, name, parentId, snapshot } = message;
        // An agent that was restarted has none of its old actors.
        if (!id.includes("/@"))
          for (const { id: old } of this.actorsOf(id)) this.actors.delete(old);
        this.actors.set(id, { id, name, parentId, snapshot, definition: message.definition });
        break;
      }
      case "@xstate.snapshot":
        this.#snapshot(message);
        break;
      case "@xstate.event":
        this.#note(agentOf(message.sessionId), eventOf(message));
        break;
    }
    this.#changes();
  }

  #snapshot({ sessionId, snapshot, event }) {
    const actor = this.actors.get(sessionId);
    if (actor === undefined) return;
    this.actors.set(sessionId, { ...actor, before: actor.snapshot, snapshot, cause: event });
    if (snapshot.status !== "active" && sessionId.includes("/@")) this.actors.delete(sessionId);
  }

  #note(path, event) {
    const events = this.events.get(path) ?? [];
    events.push(event);
    if (events.length > EVENTS_KEPT) events.splice(0, events.length - EVENTS_KEPT);
    this.events.set(path, events);
  }

  #forget(path) {
    this.agents.delete(path);
    this.events.delete(path);
    for (const { id } of this.actorsOf(path)) this.actors.delete(id);
  }

  #set(isOn) {
    this.isOn = isOn;
    this.#changes();
  }

  #changes() {
    if (this.#changed) return;
    this.#changed = true;
    requestAnimationFrame(() => {
      this.#changed = false;
      this.#onChange();
    });
  }
}

function agentOf(id) {
  return id.split("/@", 1)[0] || SUPERVISOR;
}

function eventOf({ event, sessionId, createdAt }) {
  const { type, ...rest } = event;
  const below = sessionId.slice(sessionId.split("/@", 1)[0].length + 1);
  const detail = [below, inWords(rest)];
  return {
    at: Number(createdAt),
    type,
    detail: detail.filter(Boolean).join("  "),
    kind: "machine",
  };
}

function factOf({ type, at, seq, path, ...rest }) {
  const isBad = rest.isError === true || /refused|denied|lost|dead|stuck/.test(type);
  return { at, type, detail: inWords(rest), kind: isBad ? "fact bad" : "fact", seq, path };
}

/** Returns fields as a line of text, without `callId`. */
function inWords(fields) {
  return Object.entries(fields)
    .filter(([name]) => name !== "callId")
    .map(([name, value]) =>
      typeof value === "string" ? value : `${name} ${JSON.stringify(value)}`,
    )
    .join("  ");
}
