/** A folder of the cache that holds, or will hold, one program. */
export interface ObtainedFolder {
  /** Path of the program in it. */
  readonly program: () => string;
  /** What the program needs in its environment. */
  readonly env: () => Readonly<Record<string, string>>;
  readonly isFull: () => boolean;
  /** Fills the folder. @throws Error that says why it cannot. */
  readonly obtain: (say: (line: string) => void) => Promise<void>;
  /** What a person can do, e.g. ``"Install Debian's redis-server"``. */
  readonly howToGet: string;
}
