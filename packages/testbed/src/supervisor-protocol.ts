/** A server that a supervisor can run for us. */
export interface ServerCommand {
  /** Names it in later requests, in errors and in its log file: `"etcd"` logs to `etcd.log` in the data folder. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** Added to the few variables that every server gets. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Runs it as another user, which needs root; its files must be that user's. @defaultValue ours */
  readonly user?: UserIds | undefined;
  /**
   * Tried for five seconds before SIGKILL when everything ends, for a server that would leave something outside the data
   * folder behind. @defaultValue SIGKILL at once
   */
  readonly cleanUpSignal?: "SIGQUIT" | undefined;
}

/** A user of this machine, by numbers. */
interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** What the supervisor is asked to do. */
export type SupervisorAction =
  | { readonly kind: "start"; readonly server: ServerCommand }
  /** Ends a server and waits for its end: SIGTERM and after `graceMs` SIGKILL. Does nothing when it does not run. */
  | { readonly kind: "end"; readonly name: string; readonly graceMs: number }
  | { readonly kind: "signal"; readonly name: string; readonly signal: "SIGSTOP" | "SIGCONT" };

/** An action with the number that its reply will carry. */
export interface SupervisorRequest {
  readonly id: number;
  readonly action: SupervisorAction;
}

/** What the supervisor says. */
export type SupervisorMessage =
  /** Once, at its start. The folder is the supervisor's: it removes it at its end. */
  | { readonly kind: "ready"; readonly dataDir: string }
  | { readonly kind: "done"; readonly id: number; readonly pid?: number | undefined }
  | { readonly kind: "failed"; readonly id: number; readonly why: string }
  | { readonly kind: "exited"; readonly name: string; readonly how: string };
