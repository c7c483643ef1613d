/** A tool: what a model may ask for. Its input is checked by the schema before it runs. */
import { defineTool } from "coppice";

export const countWords = defineTool({
  name: "count_words",
  description: "Counts the words of a text.",
  input: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  execute: ({ text }) => text.split(/\s+/).filter((word) => word !== "").length,
});
