/** The process of one figure: `record-figure.ts NAME ROUNDS` prints what it found, as JSON. */
import { measure } from "./figure.ts";
import { importFigures } from "./figures.ts";
import { type Found, reasonOf } from "./recorded.ts";

const [name, rounds] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await found()));
// What a figure leaves running is no reason to wait.
process.exit();

async function found(): Promise<Found> {
  const figure = (await importFigures()).find((one) => one.name === name);
  if (figure === undefined) return { failed: "there is no such figure" };
  return await measure(figure, "full", Number(rounds)).catch((error: unknown) => {
    return { failed: reasonOf(error) };
  });
}
