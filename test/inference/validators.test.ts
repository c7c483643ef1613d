import { type } from "arktype";
import { defineTool } from "coppice";
import { Schema } from "effect";
import * as v from "valibot";
import { expectTypeOf, it } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod3";

const tool = {
  name: "book",
  description: "Books a table.",
  inputSchema: { type: "object" },
} as const;

it("a validator's output is the input of `execute`, whoever made it", () => {
  defineTool({
    ...tool,
    input: z.object({ at: z.string().transform(Number), note: z.string().default("") }),
    execute: (input) => expectTypeOf(input).toEqualTypeOf<{ at: number; note: string }>(),
  });
  defineTool({
    ...tool,
    input: z3.object({ at: z3.string().transform(Number) }),
    execute: (input) => expectTypeOf(input).toEqualTypeOf<{ at: number }>(),
  });
  defineTool({
    ...tool,
    input: v.object({ at: v.pipe(v.string(), v.transform(Number)) }),
    execute: (input) => expectTypeOf(input).toEqualTypeOf<{ at: number }>(),
  });
  defineTool({
    ...tool,
    input: type({ at: "string", "note?": "string" }),
    execute: (input) => expectTypeOf(input).toEqualTypeOf<{ at: string; note?: string }>(),
  });
  defineTool({
    ...tool,
    input: Schema.toStandardSchemaV1(Schema.Struct({ at: Schema.String })),
    execute: (input) => expectTypeOf(input).toEqualTypeOf<{ readonly at: string }>(),
  });
});
