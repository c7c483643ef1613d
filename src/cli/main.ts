#!/usr/bin/env node
import { nodeTooOld } from "./node-version.ts";

// Nothing modern is imported before the version is known, so that an old Node can still say so.
const tooOld = nodeTooOld(process.versions.node);
if (tooOld === undefined) import("./program.ts").then(({ start }) => start(process.argv.slice(2)));
else {
  process.stderr.write(`${tooOld}\n`);
  process.exitCode = 2;
}
