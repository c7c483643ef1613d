/** The fewest characters of a secret that is concealed; a shorter one would match everywhere. */
const SECRET_CHARACTERS = 4;

/**
 * Values that were given in confidence to reach a server, and must not appear in any message about
 * it.
 */
export class Secrets {
  readonly #forms: readonly string[];

  constructor(words: readonly string[]) {
    const secrets = words.filter((word) => word.length >= SECRET_CHARACTERS);
    this.#forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  }

  /** Returns a text without the secrets. */
  conceal(text: string): string {
    return this.#forms.reduce((left, secret) => left.replaceAll(secret, "***"), text);
  }

  /**
   * Returns the first characters of a text without the secrets, and without a part of one at the
   * cut.
   */
  beginning(text: string, most: number): string {
    const head = text.slice(0, most);
    for (const secret of this.#forms) {
      // A secret that the cut divides can only be found by its beginning.
      for (let length = secret.length - 1; length >= SECRET_CHARACTERS; length -= 1) {
        if (!head.endsWith(secret.slice(0, length))) continue;
        return `${this.conceal(head.slice(0, -length))}***`;
      }
    }
    return this.conceal(head);
  }
}

export const NO_SECRETS: Secrets = new Secrets([]);

/** Returns a secret as it is, as it appears in JSON, and as it appears in a URL. */
function formsOf(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, encodeURIComponent(secret.toWellFormed())];
}
