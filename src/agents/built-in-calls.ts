import { CoppiceError } from "../errors.ts";
import type { Template } from "../wire/delivery.ts";
import type { Out } from "../wire/frame.ts";
import type { Json, JsonSchema } from "../wire/json.ts";
import type { ToolCard } from "../wire/transcript.ts";

type Input = { readonly [key: string]: Json | undefined };

interface BuiltIn {
  readonly card: ToolCard;
  /** What leaves the host; the input has been held against the card's schema. */
  readonly out: (callId: string, input: Input) => Out;
}

const text = (description: string): JsonSchema => ({ type: "string", description });

function card(
  name: string,
  description: string,
  properties: { readonly [name: string]: JsonSchema },
  required: readonly string[],
): ToolCard {
  const inputSchema = { type: "object", properties, required, additionalProperties: false };
  return { subject: name, name, description: description.toWellFormed(), inputSchema };
}

/** The calls that the loop itself offers to a model whose spec names `agents`. */
export function builtInCalls(agents: Template["agents"]): ReadonlyMap<string, BuiltIn> {
  if (agents.length === 0) return new Map();
  const list = agents.map(({ name, description }) => `- ${name}: ${description}`).join("\n");
  const names = agents.map(({ name }) => name);
  const all = [spawnAgent(list, names), sendMessage, waitAgents, cancelAgent];
  return new Map(all.map((builtIn) => [builtIn.card.name, builtIn]));
}

/**
 * Makes the call that the model wants.
 *
 * **Fails with** `TOOL_INPUT_INVALID`, naming the field.
 */
export function makeCall({ card, out }: BuiltIn, callId: string, input: Json): Out {
  const fault = faultIn(card.inputSchema, input);
  if (fault === undefined) return out(callId, input as Input);
  throw new CoppiceError("TOOL_INPUT_INVALID", `The input of ${card.name} ${fault}`, {
    tool: card.name,
  });
}

function spawnAgent(list: string, names: readonly string[]): BuiltIn {
  return {
    card: card(
      "spawn_agent",
      `Starts an agent of your own. In the foreground (the default) the result is its output; ` +
        `in the background you go on, and are told when it ends.\n${list}`,
      {
        agent: { type: "string", enum: names, description: "Which kind of agent to start." },
        input: { description: "What the agent shall do: text that tells it all it must know." },
        name: text("A name of your choice, unique among your agents."),
        background: { type: "boolean", description: "Default false." },
      },
      ["agent", "input"],
    ),
    out: (callId, { agent, input, name, background }) => ({
      type: "spawn",
      callId,
      agent: agent as string,
      input: input as Json,
      ...(name === undefined ? {} : { name: name as string }),
      background: background === true,
    }),
  };
}

const sendMessage: BuiltIn = {
  card: card(
    "send_message",
    "Sends a message to another agent: one of yours by its name, or any by its path.",
    { to: text("Its name or path."), message: { description: "What it shall be told." } },
    ["to", "message"],
  ),
  out: (callId, { to, message }) => ({
    type: "send",
    callId,
    to: to as string,
    message: message as Json,
  }),
};

const waitAgents: BuiltIn = {
  card: card(
    "wait_agents",
    "Waits until agents of yours have ended, and gives their outcomes.",
    {
      names: {
        type: "array",
        items: { type: "string" },
        description: "Their names. Default: all that are still running.",
      },
    },
    [],
  ),
  out: (callId, { names }) => ({
    type: "wait",
    callId,
    ...(names === undefined ? {} : { names: names as readonly string[] }),
  }),
};

const cancelAgent: BuiltIn = {
  card: card(
    "cancel_agent",
    "Stops an agent of yours and all that it started.",
    { name: text("Its name or path."), reason: text("Why, for whoever reads the log.") },
    ["name"],
  ),
  out: (callId, { name, reason }) => ({
    type: "cancel",
    callId,
    name: name as string,
    ...(reason === undefined ? {} : { reason: reason as string }),
  }),
};

/**
 * Holds an input against one of the four schemas above. Which agents exist is not asked here:
 * the supervisor answers an unknown one.
 */
function faultIn(schema: JsonSchema, input: Json): string | undefined {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return "must be an object";
  }
  const fields = input as Input;
  const properties = schema.properties as { readonly [name: string]: JsonSchema };
  const missing = (schema.required as readonly string[]).find((n) => fields[n] === undefined);
  if (missing !== undefined) return `lacks \`${missing}\``;
  for (const [name, value] of Object.entries(fields)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) return `has \`${name}\`, which is unknown`;
    if (value !== undefined && !fits(property, value)) {
      return `has a \`${name}\` that is not of type ${property.type}`;
    }
  }
  return undefined;
}

function fits(property: JsonSchema, value: Json): boolean {
  switch (property.type) {
    case "string":
    case "boolean":
      return typeof value === property.type;
    case "array":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    default:
      return true;
  }
}
