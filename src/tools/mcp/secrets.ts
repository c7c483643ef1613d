/** A longer secret is looked for in what is told; a shorter one would be found everywhere. */
const SECRET_CHARACTERS = 4;

/** What was given in confidence to reach a server, and may stand in nothing that is told of it. */
export class Secrets {
  readonly #forms: readonly string[];

  constructor(words: readonly string[]) {
    const secrets = words.filter((word) => word.length >= SECRET_CHARACTERS);
    this.#forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  }

  /** The same text without them. */
  conceal(text: string): string {
    return this.#forms.reduce((told, secret) => told.replaceAll(secret, "***"), text);
  }

  /** Of a text its first characters, without them or a part of one that is cut through. */
  beginning(text: string, most: number): string {
    const told = text.slice(0, most);
    for (const secret of this.#forms) {
      // Of one that is cut through nothing but its beginning would be found.
      for (let length = secret.length - 1; length >= SECRET_CHARACTERS; length -= 1) {
        if (!told.endsWith(secret.slice(0, length))) continue;
        return `${this.conceal(told.slice(0, -length))}***`;
      }
    }
    return this.conceal(told);
  }
}

export const NO_SECRETS: Secrets = new Secrets([]);

/** As it is, and as it stands in JSON and in a URL. */
function formsOf(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, encodeURIComponent(secret.toWellFormed())];
}
