import { describe, expect, it } from "vitest";
import type { DeliveryBody } from "../../src/wire/delivery.ts";
import { driveHost, isPaired, loopTemplate, movedTo, permit, result } from "./driven-host.ts";

const add = (a: number) => ({ name: "add", input: { a } });
const template = loopTemplate([
  { text: "both", toolCalls: [add(1), add(2)] },
  { text: "once more", toolCalls: [add(3)] },
  { text: "first answer" },
  { text: "second answer" },
]);
const steps: readonly DeliveryBody[] = [
  permit(1, 0),
  result(3, "b"),
  result(2, "a"),
  { type: "message", from: "/lead", message: "quick", askId: "q" },
  permit(4, 1),
  result(5, "c"),
  permit(6, 2),
  { type: "message", from: "user", message: "again" },
  permit(7, 3),
];

function runThrough(moveAfter: number) {
  let host = driveHost();
  host.place(template);
  steps.forEach((body, index) => {
    if (index === moveAfter) {
      const { known } = host;
      host = driveHost();
      host.place(template, movedTo(known));
      host.known.transcript.unshift(...known.transcript);
      host.known.commands.unshift(...known.commands);
      host.known.value ??= known.value ?? null;
      host.known.state ??= known.state ?? null;
    }
    host.tell(body);
  });
  const { commands, transcript, state, value, upTo } = host.known;
  return { commands, transcript, state, value, upTo };
}

describe("an agent of the loop moved to another host", () => {
  const undisturbed = runThrough(-1);

  it.each(steps.map((_, index) => index))(
    "goes on as if nothing had been after %i deliveries",
    (at) => {
      expect(runThrough(at)).toEqual(undisturbed);
    },
  );

  it("has every call of its transcript paired", () => {
    expect(undisturbed.transcript).toHaveLength(8);
    expect(isPaired(undisturbed.transcript)).toBe(true);
  });

  it("waits for its permit again when its model was answering, and asks for nothing itself", () => {
    const slow = loopTemplate([{ text: "late", delayMs: 60_000 }]);
    const first = driveHost();
    first.place(slow);
    first.tell(permit(1, 0));
    expect(first.known.value).toBe("thinking");
    const second = driveHost();
    const [moved] = second.place(loopTemplate([{ text: "now" }]), movedTo(first.known));
    expect(moved).toEqual({ path: "/a", incarnation: 1, upTo: 1, commands: [], busy: false });
    const [answered] = second.tell(permit(1, 0));
    expect(answered).toMatchObject({ upTo: 2, value: "waiting" });
    expect(answered?.commands.at(-1)).toEqual({ type: "turn-end", output: "now" });
    first.runtime.close();
  });
});
