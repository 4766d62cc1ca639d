import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { type RunEvent, reportTo } from "./run-event.ts";

function written(json: boolean, events: readonly RunEvent[]): string[] {
  let text = "";
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const report = reportTo(output, { json });
  for (const event of events) report(event);
  return text.split("\n").slice(0, -1);
}

const DOWN = {
  event: "error",
  code: "ERR_LOCK_UNAVAILABLE",
  message: "no answer\nwith a second line",
} as const;
const LEADER = { event: "newLeader", identity: "pod-1" } as const;

it("says each event in a line for people", () => {
  expect(
    written(false, [
      { event: "campaigning", identity: "pod-1", lock: "k8s://default/worker" },
      { event: "startedLeading", identity: "pod-1", token: "42" },
      { event: "childExited", code: null, signal: "SIGKILL", exitCode: 137 },
      { event: "stoppedLeading", token: "42", reason: "task-returned" },
    ]),
  ).toEqual([
    "tenure: pod-1 campaigns for k8s://default/worker",
    "tenure: leads with fencing token 42",
    "tenure: the command was ended by SIGKILL",
    "tenure: leads no more: task-returned",
  ]);
});

it("says an error that repeats once, and again after something else", () => {
  expect(written(false, [DOWN, DOWN, DOWN, LEADER, DOWN])).toEqual([
    "tenure: no answer",
    "tenure: the leader is pod-1",
    "tenure: no answer",
  ]);
});

it("shows control characters in a holder's name as their codes", () => {
  expect(written(false, [{ event: "newLeader", identity: "pod\x1b[2J\nx" }])).toEqual([
    "tenure: the leader is pod\\u001b[2J\\u000ax",
  ]);
});

it("writes every event as one JSON document a line, with its time", () => {
  const lines = written(true, [DOWN, DOWN, LEADER]).map((line) => JSON.parse(line));
  expect(lines).toEqual([DOWN, DOWN, LEADER].map((event) => ({ time: expect.any(String), ...event })));
});
