/** The command line, or the file it names, cannot be used as it is: the message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
