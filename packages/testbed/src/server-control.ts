/** Takes one server away and gives it back; its data and its port stay. */
export interface ServerControl {
  /** Process id while it runs. */
  readonly pid: number | undefined;
  /** Ends it with SIGTERM, after ten seconds with SIGKILL, and waits for its end. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL and waits for its end. */
  kill(): Promise<void>;
  /** Starts it again and waits until it is ready. */
  start(): Promise<void>;
  /** {@link stop} and {@link start}. */
  restart(): Promise<void>;
  /** Stops its process from running (SIGSTOP): connections stay open and nothing is answered. */
  pause(): Promise<void>;
  /** Lets it run again (SIGCONT). */
  resume(): Promise<void>;
}
