import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Debian's package, which `.ci/run` installs; another place can be named. */
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a browser with a profile of its own, which goes with it. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(
      `The inspector's page is tested in Chromium, and there is none at ${EXECUTABLE}: ` +
        "install it with `apt-get update && apt-get install -y chromium` as root, or set CHROMIUM.",
    );
  }
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS, timeout: 60_000 });
}
