// For authors of lock backends: what every lock on a networked store needs, and gets wrong when it writes it alone.

export type { JsonObject } from "./exact-json.ts";
export { isJsonObject, numberIn, parseExactJson } from "./exact-json.ts";
export type { Interrupt } from "./interruption.ts";
export { Interrupted, Interruption } from "./interruption.ts";
export { rearmDelayMs, sleep } from "./rearm.ts";
export type { Redactor } from "./redactor.ts";
export { createRedactor } from "./redactor.ts";
export { resetSocket } from "./reset-socket.ts";
export { readMicroTime, writeMicroTime } from "./stored-time.ts";
