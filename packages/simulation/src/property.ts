/** The properties, by the names that the documentation gives them (`docs/guarantees.md`). */
export type Property =
  | "S1"
  | "S2"
  | "S3"
  | "S4"
  | "S5"
  | "S6"
  | "S7"
  | "S8"
  | "L1"
  | "L2"
  | "L3"
  | "L4"
  | "L5"
  | "L6";

export const ALL_PROPERTIES: ReadonlySet<Property> = new Set([
  "S1",
  "S2",
  "S3",
  "S4",
  "S5",
  "S6",
  "S7",
  "S8",
  "L1",
  "L2",
  "L3",
  "L4",
  "L5",
  "L6",
]);
