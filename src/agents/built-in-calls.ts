import { CoppiceError } from "../errors.ts";
import type { Template } from "../wire/delivery.ts";
import type { Command } from "../wire/frame.ts";
import type { Json, JsonSchema } from "../wire/json.ts";
import type { ToolCard } from "../wire/transcript.ts";

type Input = { readonly [key: string]: Json | undefined };

interface BuiltIn {
  readonly card: ToolCard;
  /** Returns the command of a call; its input has passed the card's schema. */
  readonly command: (callId: string, input: Input) => Command;
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

/**
 * Returns the loop's own calls, offered to a model whose template names agents; empty without any.
 */
export function builtInCalls(agents: Template["agents"]): ReadonlyMap<string, BuiltIn> {
  if (agents.length === 0) return new Map();
  const list = agents.map(({ name, description }) => `- ${name}: ${description}`).join("\n");
  const names = agents.map(({ name }) => name);
  const all = [spawnAgent(list, names), sendMessage, waitAgents, cancelAgent];
  return new Map(all.map((builtIn) => [builtIn.card.name, builtIn]));
}

/**
 * Returns the command of a call that a model makes.
 *
 * **Fails with** `TOOL_INPUT_INVALID`, naming the field.
 */
export function makeCall({ card, command }: BuiltIn, callId: string, input: Json): Command {
  const fault = faultIn(card.inputSchema, input);
  if (fault === undefined) return command(callId, input as Input);
  throw new CoppiceError("TOOL_INPUT_INVALID", `The input of ${card.name} ${fault}`, {
    tool: card.name,
  });
}

function spawnAgent(list: string, names: readonly string[]): BuiltIn {
  return {
    card: card(
      "spawn_agent",
      "Starts an agent. By default the call waits for it, and the result is its output. " +
        "With `background` the call returns at once, and a message reports the agent's end." +
        `\n${list}`,
      {
        agent: { type: "string", enum: names, description: "The kind of agent to start." },
        input: { description: "Complete instructions: the agent sees nothing else." },
        name: text("A name of your choice, unique among your agents."),
        background: { type: "boolean", description: "Default false." },
      },
      ["agent", "input"],
    ),
    command: (callId, { agent, input, name, background }) => ({
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
    "Sends a message to another agent: one of yours by its name, or any agent by its path.",
    { to: text("The agent's name or path."), message: { description: "The message." } },
    ["to", "message"],
  ),
  command: (callId, { to, message }) => ({
    type: "send",
    callId,
    to: to as string,
    message: message as Json,
  }),
};

const waitAgents: BuiltIn = {
  card: card(
    "wait_agents",
    "Waits until your agents have ended, and returns their outcomes.",
    {
      names: {
        type: "array",
        items: { type: "string" },
        description: "Names of the agents. Default: all that are still running.",
      },
    },
    [],
  ),
  command: (callId, { names }) => ({
    type: "wait",
    callId,
    ...(names === undefined ? {} : { names: names as readonly string[] }),
  }),
};

const cancelAgent: BuiltIn = {
  card: card(
    "cancel_agent",
    "Stops one of your agents and everything that it started.",
    { name: text("The agent's name or path."), reason: text("The reason, for the log.") },
    ["name"],
  ),
  command: (callId, { name, reason }) => ({
    type: "cancel",
    callId,
    name: name as string,
    ...(reason === undefined ? {} : { reason: reason as string }),
  }),
};

/**
 * Returns the first fault of an input under one of the four schemas above. An agent's name is not
 * checked: the supervisor answers an unknown one.
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
