/** Takes the apiserver of a testbed away and gives it back; etcd and the data stay. */
export interface ApiserverControl {
  /** Ends it with SIGTERM and waits for its end: connections are closed in order, new ones are refused. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL and waits for its end: connections are reset. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same certificate and tokens, and waits until it is ready. */
  start(): Promise<void>;
  /** Stops its process from running (SIGSTOP): connections stay open and nothing is answered. */
  pause(): Promise<void>;
  /** Lets it run again (SIGCONT). */
  resume(): Promise<void>;
}

/** The names of what {@link ApiserverControl} can do. */
export const APISERVER_ACTIONS: readonly (keyof ApiserverControl)[] = [
  "stop",
  "kill",
  "start",
  "pause",
  "resume",
];
