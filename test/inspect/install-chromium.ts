/** Installs the browser that the inspector's page is looked at with, where it is missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const command = "apt-get update -qq && apt-get install -y -qq chromium";

if (!existsSync("/usr/bin/chromium")) {
  if (process.getuid?.() === 0) {
    console.log("Installing Chromium for the tests of the inspector's page.");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("sh", ["-c", command], { env, stdio: ["ignore", "ignore", "inherit"] });
  }
  if (!existsSync("/usr/bin/chromium")) {
    console.error(`Chromium is missing: the page's tests will fail. As root: ${command}`);
  }
}
