/** What `stats()`, `budget()` and `usage()` say, as text for Prometheus. */
import type { Supervisor } from "coppice";
import { type Admission, allTenants } from "./tenants.ts";

type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

export function metricsOf(supervisor: Supervisor, admission: Admission): string {
  const { agents, hosts, queues, atWork, calls, deadLetters } = supervisor.stats();
  const { reserved, spent } = supervisor.budget().usd;
  const byTenant = (value: (tenant: (typeof allTenants)[number]) => number): Row[] =>
    allTenants.map((tenant) => [{ tenant: tenant.name }, value(tenant)]);
  return [
    gauge("coppice_agents", "Agents by status", rowsOf("status", agents)),
    gauge("coppice_agents_at_work", "Agents that hold a slot", [[{}, atWork]]),
    gauge("coppice_queue_length", "What waits, by what it waits for", rowsOf("queue", queues)),
    gauge("coppice_calls", "Calls under way", [[{}, calls]]),
    gauge("coppice_hosts", "Threads", [[{}, hosts.length]]),
    gauge("coppice_dead_letters", "Messages nobody could take", [[{}, deadLetters]]),
    gauge("coppice_budget_usd", "Of everything", rowsOf("state", { reserved, spent })),
    gauge(
      "service_tenant_runs",
      "Runs under way",
      byTenant((tenant) => admission.running(tenant)),
    ),
    gauge(
      "service_tenant_usd",
      "Spent so far",
      byTenant((tenant) => admission.usd(tenant)),
    ),
    family("counter", "service_runs_total", "By outcome", rowsOf("outcome", admission.ended)),
    gauge("service_active_resources", "Sockets, timers, threads that keep the process alive", [
      [{}, process.getActiveResourcesInfo().length],
    ]),
  ].join("");
}

function rowsOf(label: string, counts: Readonly<Record<string, number>>): Row[] {
  return Object.entries(counts).map(([name, count]) => [{ [label]: name }, count]);
}

const gauge = (name: string, help: string, rows: readonly Row[]): string =>
  family("gauge", name, help, rows);

function family(type: string, name: string, help: string, rows: readonly Row[]): string {
  const lines = rows.map(([labels, value]) => {
    const told = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name}${told.length === 0 ? "" : `{${told.join(",")}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}
