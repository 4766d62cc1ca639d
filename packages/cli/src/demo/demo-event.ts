/** What can be done to a replica. */
export type Deed = "kill" | "freeze" | "thaw" | "cut" | "heal" | "stop" | "start";

/** What happened to a replica, as the demo did it or the replica's own process reported it. */
export type Happening =
  /** The demo did this to it. */
  | { readonly kind: "deed"; readonly deed: Deed }
  /** Its process is up and campaigns. */
  | { readonly kind: "up"; readonly pid: number }
  /** It sees that this replica holds the lock: itself, or another. */
  | { readonly kind: "sees-leader"; readonly leader: string }
  /** It wrote the record as its holder: took it, or renewed it. */
  | { readonly kind: "renewed" }
  | { readonly kind: "task-started"; readonly token: string }
  /** Its task did one piece of work, after it had looked whether it leads. */
  | { readonly kind: "worked" }
  /** Its task has stopped, because of this `StopReason`. */
  | { readonly kind: "task-stopped"; readonly reason: string }
  | { readonly kind: "trouble"; readonly message: string }
  /** Its process is gone: `"SIGKILL"`, `"exit 0"`. */
  | { readonly kind: "ended"; readonly how: string };

/** A {@link Happening}, with whom it concerns and when: monotonic milliseconds since the demo began. */
export type DemoEvent = Happening & { readonly replica: string; readonly atMs: number };
