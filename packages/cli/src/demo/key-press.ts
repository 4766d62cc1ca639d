import type { Deed } from "./demo-event.ts";
import type { ReplicaState } from "./demo-state.ts";

/** What can be asked for with a key. */
export type Act = "kill" | "freeze" | "cut" | "stop" | "start";

/** What a key means. */
export type KeyPress =
  | { readonly kind: "quit" }
  /** The replica of that number, from 0 on. */
  | { readonly kind: "choose"; readonly index: number }
  | { readonly kind: "move"; readonly by: 1 | -1 }
  | { readonly kind: "choose-leader" }
  | { readonly kind: "act"; readonly act: Act };

/** A key as `emitKeypressEvents` of node:readline tells it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

const ACTS: Readonly<Record<string, Act>> = { k: "kill", f: "freeze", c: "cut", s: "stop", r: "start" };

/** What a key means; `undefined` when nothing. */
export function readKey({ name = "", ctrl = false }: Key): KeyPress | undefined {
  if (ctrl) return name === "c" || name === "d" ? { kind: "quit" } : undefined;
  if (/^[1-9]$/.test(name)) return { kind: "choose", index: Number(name) - 1 };
  switch (name) {
    case "q":
      return { kind: "quit" };
    case "up":
      return { kind: "move", by: -1 };
    case "down":
      return { kind: "move", by: 1 };
    case "l":
      return { kind: "choose-leader" };
    default:
      return Object.hasOwn(ACTS, name) ? { kind: "act", act: ACTS[name] as Act } : undefined; // just looked up
  }
}

/** `f` and `c` undo what they did. */
export function deedOf(act: Act, replica: ReplicaState): Deed {
  if (act === "freeze" && replica.isFrozen) return "thaw";
  if (act === "cut" && replica.isCut) return "heal";
  return act;
}
