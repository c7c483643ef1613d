import { EXIT_CODES, USAGE_EXIT_CODE } from "./exit-codes.ts";

const exits = Object.entries({ ...EXIT_CODES, "usage error": USAGE_EXIT_CODE })
  .sort(([, a], [, b]) => a - b)
  .map(([what, code]) => `  ${String(code).padStart(3)}  ${what}`)
  .join("\n");

export const HELP = `coppice runs a swarm of agents and prints what the first of them answers.

Usage
  coppice init [DIR]
  coppice run FILE [--agent NAME] [--input TEXT] [--json | --plain] [--inspect]

  init makes a folder with a swarm that runs without a key; \`coppice init --help\` says more.
  FILE is a JavaScript or TypeScript module whose default export is a SupervisorOptions object.

Options
  --agent NAME   the template to run; default: the only one, or the one called main or lead
  --input TEXT   its task; - reads it from standard input
  --json         every event as a line of JSON on standard output, the outcome as the last;
                 what FILE itself prints goes to standard error
  --plain        what happens as lines, also on a terminal
  --inspect      a page that shows the agents live; its address goes to standard error
  -h, --help     this text
  -v, --version  the version

The answer goes to standard output, what happens meanwhile to standard error: on a terminal as a
live tree of the agents; elsewhere, and with --plain, NO_COLOR, CI or TERM=dumb, as lines.
Ctrl-C (or SIGTERM) cancels every agent; a second one kills what has not ended yet; a third one
ends the program at once. Within 300 ms the same signal counts once.
When the reader of --json goes away, every agent is cancelled.

Exit codes, by how the agent ended
${exits}
`;

export const INIT_HELP = `coppice init makes a folder with a swarm that runs at once, without a key.

Usage
  coppice init [DIR]

  DIR is made, with the folders above it. Left out it is the folder that you are in, which must be
  empty, but for what a repository begins with: .git, README.md, LICENSE and the like.

It writes an agent, a tool, a test, swarm.ts with all of them, package.json, tsconfig.json and
.gitignore. It overwrites nothing: it says what is in the way, and ends with ${USAGE_EXIT_CODE}.
Then: npm install, npm start, npm test.
`;
