/** Options of Node that decide how modules are found and read, and that have a value. */
const withValue = ["--conditions", "-C", "--import", "--require", "-r", "--loader"] as const;
const alone = ["--enable-source-maps", "--preserve-symlinks"] as const;

/**
 * Returns those of a program's own options that its processes and threads need too. The rest is for
 * the program alone: its code from the command line, its debugger, its environment file.
 */
export function moduleOptions(given: readonly string[]): string[] {
  return given.flatMap((option, at) => {
    if (alone.some((name) => name === option)) return [option];
    const name = withValue.find((known) => option === known || option.startsWith(`${known}=`));
    if (name === undefined) return [];
    const value = option === name ? given[at + 1] : option.slice(name.length + 1);
    return value === undefined ? [] : [`${spelledOut[name] ?? name}=${value}`];
  });
}

const spelledOut: Readonly<Record<string, string>> = { "-C": "--conditions", "-r": "--require" };
