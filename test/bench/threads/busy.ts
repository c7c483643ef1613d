/** Keeps a core busy until it is ended, its parent is gone, or a minute is over. */
const until = performance.now() + 60_000;
process.on("disconnect", () => process.exit());
process.send?.("busy");
work();

/** In short pieces, so that it hears of its parent's end. */
function work(): void {
  const next = performance.now() + 5;
  while (performance.now() < next);
  if (performance.now() < until) setImmediate(work);
  else process.exit();
}
