/** A bug of an elector rather than of a backend: no lock can have it, so another test attacks it. */
export interface ElectorMutant {
  readonly bug: string;
  /** The case of this suite that shows the behaviour as it should be. */
  readonly shownBy: string;
  /** Its number in docs/mutants.md. */
  readonly simulationMutant: number;
}

/** Bugs that the list of mutants began with and that the simulation kills: see docs/mutants.md. */
export const electorMutants: readonly ElectorMutant[] = [
  {
    bug: "the window counts from the answer, not from the send",
    shownBy: "elect/04",
    simulationMutant: 1,
  },
  {
    bug: "the deadline is not looked at while a renewal hangs: only an answer ends the term",
    shownBy: "elect/04",
    simulationMutant: 22,
  },
  {
    bug: "the leader's flag is cleared by a timer only: after a pause a renewal may go first",
    shownBy: "elect/07",
    simulationMutant: 9,
  },
  {
    bug: "processes with one identity take each other's writes for their own",
    shownBy: "elect/09",
    simulationMutant: 25,
  },
  {
    bug: "whatever bears the own name is an own write: leadership by identity alone",
    shownBy: "elect/09",
    simulationMutant: 44,
  },
];
