/** Who may ask, and how much: one key for each tenant, and what all of its runs may cost. */
import type { Supervisor } from "coppice";

export interface Tenant {
  readonly name: string;
  /** At once. */
  readonly runs: number;
  /** For one run; reserved from `usd` while it runs. */
  readonly usdPerRun: number;
  readonly usd: number;
}

/** Stands for a database. */
const tenantsByKey: Readonly<Record<string, Tenant>> = {
  "key-acme": { name: "acme", runs: 100, usdPerRun: 0.05, usd: 50 },
  "key-globex": { name: "globex", runs: 100, usdPerRun: 0.05, usd: 50 },
  "key-trial": { name: "trial", runs: 2, usdPerRun: 0.05, usd: 0.2 },
};

export const allTenants: readonly Tenant[] = Object.values(tenantsByKey);

export const tenantOf = (key: string): Tenant | undefined =>
  Object.hasOwn(tenantsByKey, key) ? tenantsByKey[key] : undefined;

/** Counts what each tenant has under way. */
export class Admission {
  readonly #supervisor: Supervisor;
  readonly #running = new Map<string, number>();
  readonly #ended = new Map<string, number>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** How many runs ended, by their outcome. */
  get ended(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#ended);
  }

  running({ name }: Tenant): number {
    return this.#running.get(name) ?? 0;
  }

  usd({ name }: Tenant): number {
    return this.#supervisor.usage({ label: `tenant=${name}` }).usd;
  }

  /** Takes a place, or says why there is none. Whoever got one gives it back. */
  enter(tenant: Tenant): "ok" | "too many runs" | "no money left" {
    const running = this.running(tenant);
    if (running >= tenant.runs) return "too many runs";
    const most = this.usd(tenant) + (running + 1) * tenant.usdPerRun;
    if (most > tenant.usd) return running > 0 ? "too many runs" : "no money left";
    this.#running.set(tenant.name, running + 1);
    return "ok";
  }

  leave(tenant: Tenant, outcome: string): void {
    this.#running.set(tenant.name, this.running(tenant) - 1);
    this.#ended.set(outcome, (this.#ended.get(outcome) ?? 0) + 1);
  }
}
