const NO_OTHER_KINDS = "the real server knows that kind from other APIs, and says that it cannot convert it";
const JSON_ONLY = "lease-server reads YAML and protobuf, and writes JSON: every client accepts that";
const FEW_VERBS = "namespaces of lease-server are made and deleted, never changed";
const NO_CONTROLLER =
  "the real server leaves the rest to a controller that is not there; lease-server deletes at once";

/** Cases that differ from the real server on purpose, and why. One that agrees all the same is an error. */
export const knownDifferences: Readonly<Record<string, string>> = {
  "create: another kind": NO_OTHER_KINDS,
  "protobuf: another kind": NO_OTHER_KINDS,
  "body: of a PUT, another kind": NO_OTHER_KINDS,
  "body: answered in YAML": JSON_ONLY,
  "namespaces: label one": FEW_VERBS,
  "namespaces: delete one, which begins to end": NO_CONTROLLER,
};
