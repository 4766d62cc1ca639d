const FEW_VERBS = "namespaces of lease-server are made and deleted, never changed";
const NO_CONTROLLER =
  "the real server leaves the rest to a controller that is not there; lease-server deletes at once";

/** Cases that differ from the real server on purpose, and why. One that agrees all the same is an error. */
export const knownDifferences: Readonly<Record<string, string>> = {
  "namespaces: label one": FEW_VERBS,
  "namespaces: delete one, which begins to end": NO_CONTROLLER,
};
