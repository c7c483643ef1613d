/** A command line, or a file it names, that cannot be used; the message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
