import type { AskOver, Delivery, DeliveryBody } from "../wire/delivery.ts";
import type { AgentSeat, Moved } from "./seat.ts";

/** What runs an agent in its seat. */
export interface Resident {
  /** True once it takes in nothing more, although its end has not been told yet. */
  readonly isOver?: boolean;
  deliver(body: DeliveryBody): void;
  /** Nobody waits for the answer to an ask any more. */
  endAsk?(askId: string): void;
  /** What the frame of this tick says of its machine. May still emit its end. */
  moved(): Moved;
  /** Forgets it: aborts what runs, says nothing more. Never throws. */
  drop(): void;
}

export interface Tenant {
  readonly seat: AgentSeat;
  readonly resident: Resident;
}

/** Holds the seat of an agent whose machine is being imported. */
export class Arrival implements Resident {
  readonly #seat: AgentSeat;
  readonly #held: (Delivery | AskOver)[] = [];

  constructor(seat: AgentSeat) {
    this.#seat = seat;
  }

  /** Keeps what comes for later; all but `end`, which is answered in every state. */
  hold(item: Delivery | AskOver): boolean {
    if (item.type === "deliver" && item.body.type === "end") return false;
    this.#held.push(item);
    return true;
  }

  release(): readonly (Delivery | AskOver)[] {
    return this.#held;
  }

  deliver(_end: DeliveryBody): void {
    this.#seat.emit({ type: "done", end: { status: "ended" } });
  }

  moved(): Moved {
    return this.#seat.done ? { busy: false } : { busy: true, arriving: true };
  }

  drop(): void {
    this.#held.length = 0;
  }
}
