import { spawn } from "node:child_process";
import { constants } from "node:os";
import { stripVTControlCharacters } from "node:util";

/** The longest that one command may take, in milliseconds. */
const LONGEST_MS = 300_000;

/** What must come of a command. */
export interface Expected {
  /** Its exit code; default: 0. */
  readonly code?: number;
  /** What it has to have printed by its end. */
  readonly says?: string;
  /** It is interrupted, as by Ctrl-C, once it has printed this. */
  readonly until?: RegExp;
}

/** Types commands into one folder after the other, and shows them with all that they print. */
export class Terminal {
  readonly #env: NodeJS.ProcessEnv;

  constructor() {
    const { ANTHROPIC_API_KEY: _key, ANTHROPIC_BASE_URL: _url, ...env } = process.env;
    // Not as silent as whoever runs this.
    const npm = { npm_config_loglevel: "notice", npm_config_update_notifier: "false" };
    this.#env = { ...env, NO_COLOR: "1", ...npm };
  }

  /** Fails with an Error when something else comes of it than what is expected. */
  async type(folder: string, line: string, expected: Expected = {}): Promise<void> {
    const { code = 0, says = "", until } = expected;
    console.log(`\n$ ${line}`);
    // A group of its own, which Ctrl-C reaches as a whole.
    const child = spawn(line, { cwd: folder, env: this.#env, shell: true, detached: true });
    child.stdin.end();
    let said = "";
    let isInterrupted = false;
    const hear = (text: string): void => {
      process.stdout.write(text);
      said += stripVTControlCharacters(text);
      if (isInterrupted || until === undefined || !until.test(said)) return;
      isInterrupted = true;
      console.log("^C");
      process.kill(-(child.pid as number), "SIGINT");
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    const timer = setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), LONGEST_MS);
    const ended = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      // As a shell tells it: npx ends by the signal that it was interrupted by.
      child.on("close", (own, signal) =>
        resolve(own ?? 128 + constants.signals[signal ?? "SIGHUP"]),
      );
    });
    clearTimeout(timer);
    if (ended !== code) throw new Error(`\`${line}\` ended with ${ended} and not ${code}`);
    if (!said.includes(says)) throw new Error(`\`${line}\` did not say "${says}"`);
  }
}
