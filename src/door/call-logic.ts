import type { ActorLogic, Snapshot } from "xstate";
import type { CallResult } from "../wire/delivery.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import { type DoorRequest, doorOf } from "./host-door.ts";

/**
 * The result of a call through the door. A refusal or failure is a value with a code, read from
 * `event.output` in `onDone`; `onError` is only for bugs.
 */
export type CallOutput<Value = Json> =
  | { readonly isError: false; readonly value: Value }
  | { readonly isError: true; readonly error: WireError; readonly partial?: Json };

/** A call under way, as plain data; with its `callId` another thread can wait for it again. */
export type CallSnapshot<Input, Value> = Snapshot<CallOutput<Value>> & {
  input: Input | undefined;
  callId?: string;
};

type CallEvent =
  | { readonly type: "call.settled"; readonly result: CallResult }
  | { readonly type: "xstate.stop" };

export type CallLogic<Input, Value = Json> = ActorLogic<
  CallSnapshot<Input, Value>,
  CallEvent,
  Input
>;

interface CallKind<Input, Value> {
  readonly name: string;
  readonly request: (input: Input) => DoorRequest;
  /** Returns the caller's value for the supervisor's. */
  readonly value: (result: Json) => Value;
}

/** Marks the library's logic, also for a host that loaded another copy of this package. */
const mark = Symbol.for("coppice.call.1");

/** True for the logic of a call through the door, whose work is done elsewhere. */
export function isCallLogic(logic: { readonly config?: unknown }): boolean {
  return logic.config === mark;
}

/**
 * Creates actor logic for one kind of call. `fromPromise` would make the call a second time when
 * the machine is restored; this logic has its `callId` in its snapshot and waits again.
 */
export function callLogic<Input, Value = Json>(
  kind: CallKind<Input, Value>,
): CallLogic<Input, Value> {
  return {
    config: mark,
    getInitialSnapshot: (_scope, input) => ({
      status: "active",
      output: undefined,
      error: undefined,
      input,
    }),
    getPersistedSnapshot: (snapshot) => snapshot,
    restoreSnapshot: (snapshot) => snapshot as CallSnapshot<Input, Value>,
    start(snapshot, { self, system }) {
      if (snapshot.status !== "active") return;
      const door = doorOf(system, kind.name);
      const settle = (result: CallResult) => self.send({ type: "call.settled", result });
      if (snapshot.callId !== undefined) door.attach(snapshot.callId, settle);
      else snapshot.callId = door.call(kind.request(snapshot.input as Input), settle);
    },
    transition(snapshot, event, { system }) {
      if (snapshot.status !== "active") return snapshot;
      if (event.type === "xstate.stop") {
        if (snapshot.callId !== undefined) doorOf(system, kind.name).detach(snapshot.callId);
        return { ...snapshot, status: "stopped", output: undefined, error: undefined };
      }
      if (event.type !== "call.settled") return snapshot;
      const { result } = event;
      const output = result.isError ? result : { isError: false, value: kind.value(result.value) };
      return {
        ...snapshot,
        status: "done",
        output: output as CallOutput<Value>,
        error: undefined,
        input: undefined,
      };
    },
  };
}
