#!/usr/bin/env node
import { nodeTooOld } from "./node-version.ts";

// Modern modules are imported only after the version check, so that an old Node can still report.
const tooOld = nodeTooOld(process.versions.node);
if (tooOld === undefined) import("./program.ts").then(({ start }) => start(process.argv.slice(2)));
else {
  process.stderr.write(`${tooOld}\n`);
  process.exitCode = 2;
}
