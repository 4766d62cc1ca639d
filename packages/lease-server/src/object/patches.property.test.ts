import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../api-error.ts";
import { decodeLease } from "./decode-lease.ts";
import { FieldSet, type FieldsV1 } from "./field-set.ts";
import { type Json, JsonObject, jsonEquals, jsonText, plainJson, toJson } from "./json.ts";
import type { Lease } from "./lease.ts";
import { mergePatch } from "./merge-patch.ts";
import { parseJson } from "./parse-json.ts";
import { patchLease } from "./patch-lease.ts";
import { prepareCreate, prepareUpdate } from "./prepare.ts";

fc.configureGlobal({ seed: 6 });

const NOW_MS = Date.UTC(2026, 10, 25, 10);
const keys = fc.constantFrom("a", "b", "c", "d");
const texts = fc.constantFrom("", "x", "y", "z");
const { object: document } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    texts,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(texts),
    tie("object"),
  ),
  object: fc.dictionary(keys, tie("value"), { maxKeys: 4 }),
}));
// Never empty: the real server itself does not take the same empty map twice for the same (see the recorded answers).
const labels = fc.dictionary(keys, fc.constantFrom("1", "2"), { minKeys: 1, maxKeys: 4 });
const finalizers = fc.uniqueArray(fc.constantFrom("a.b/c", "d.e/f", "g.h/i"), { minLength: 1 });
const owners = fc
  .uniqueArray(fc.constantFrom("u1", "u2", "u3"), { minLength: 1 })
  .chain((uids) =>
    fc.tuple(...uids.map((uid) => fc.record({ uid: fc.constant(uid), name: fc.constantFrom("n", "m") }))),
  )
  .map((list) => list.map((owner) => ({ apiVersion: "v1", kind: "A", ...owner })));
const spec = fc.record(
  {
    holderIdentity: texts,
    leaseDurationSeconds: fc.integer({ min: 1, max: 20 }),
    leaseTransitions: fc.integer({ min: 0, max: 3 }),
    renewTime: fc.constantFrom("2026-11-25T10:00:00.000001Z", "2026-11-25T11:00:00.000001+01:00"),
  },
  { requiredKeys: [] },
);
const configuration = fc
  .record({ labels, finalizers, ownerReferences: owners, spec }, { requiredKeys: [] })
  .map(({ spec: own, ...metadata }) => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "x", ...metadata },
    ...(own === undefined ? {} : { spec: own }),
  }));
const managers = fc.constantFrom("one", "two", "three");

describe("merge patches", () => {
  it("change nothing when the patch is empty, and everything that they name", () => {
    fc.assert(
      fc.property(document, document, (target, patch) => {
        const before = asObject(target);
        expect(plainJson(mergePatch(before, new JsonObject()))).toEqual(target);
        const merged = plainJson(mergePatch(before, asObject(patch))) as Record<string, unknown>;
        for (const [name, value] of Object.entries(patch as object)) {
          if (value === null) expect(merged).not.toHaveProperty(name);
          else if (typeof value !== "object") expect(merged[name]).toEqual(value);
        }
        expect(plainJson(before)).toEqual(target);
      }),
    );
  });

  it("change nothing the second time", () => {
    fc.assert(
      fc.property(document, document, (target, patch) => {
        const once = mergePatch(asObject(target), asObject(patch));
        expect(jsonEquals(mergePatch(once, asObject(patch)), once)).toBe(true);
      }),
    );
  });
});

describe("JSON", () => {
  it("is read as JSON.parse reads it, and written so that it reads the same", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const read = parseJson(text);
        expect(plainJson(read)).toEqual(JSON.parse(text));
        expect(jsonEquals(parseJson(jsonText(read)), read)).toBe(true);
      }),
    );
  });

  it("is refused where JSON.parse refuses it", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom("", "}", "]", ",", '"', "x", "\\", "1", "-", "e"),
        (text, at, extra) => {
          const broken = `${text.slice(0, at % (text.length + 1))}${extra}${text.slice((at % (text.length + 1)) + 1)}`;
          expect(accepts(() => parseJson(broken))).toBe(accepts(() => JSON.parse(broken)));
        },
      ),
    );
  });
});

describe("sets of fields", () => {
  const set = fc
    .array(fc.array(fc.constantFrom("f:a", "f:b", 'k:{"uid":"u"}', 'v:"x"'), { minLength: 1, maxLength: 3 }))
    .map((paths) => FieldSet.of(paths));

  it("read what they have written", () => {
    fc.assert(
      fc.property(set, (fields) => {
        expect(pathsOf(FieldSet.fromJson(fields.toJson()))).toEqual(pathsOf(fields));
      }),
    );
  });

  it("join, share and part as sets do", () => {
    fc.assert(
      fc.property(set, set, (left, right) => {
        const [l, r] = [pathsOf(left), pathsOf(right)];
        expect(new Set(pathsOf(left.union(right)))).toEqual(new Set([...l, ...r]));
        expect(new Set(pathsOf(left.intersection(right)))).toEqual(
          new Set(l.filter((path) => r.includes(path))),
        );
        expect(new Set(pathsOf(left.difference(right)))).toEqual(
          new Set(l.filter((path) => !r.includes(path))),
        );
      }),
    );
  });
});

describe("server-side apply", () => {
  const steps = fc.array(fc.tuple(managers, configuration), { minLength: 1, maxLength: 6 });

  it("leaves the object as it is when the same is applied again", () => {
    fc.assert(
      fc.property(steps, (applied) => {
        let live: Lease | undefined;
        for (const [manager, config] of applied) {
          live = apply(live, config, manager);
          expect(apply(live, config, manager)).toEqual(live);
        }
      }),
    );
  });

  it("sets what is applied, and takes away what its last applier gives up", () => {
    fc.assert(
      fc.property(steps, (applied) => {
        let live: Lease | undefined;
        const configs = new Map<string, unknown>();
        for (const [manager, config] of applied) {
          live = apply(live, config, manager);
          configs.set(manager, config);
          expect(live.metadata.labels ?? {}).toMatchObject(config.metadata.labels ?? {});
          expect(live.metadata.finalizers ?? []).toEqual(
            expect.arrayContaining(config.metadata.finalizers ?? []),
          );
          const owned = [...configs.values()].flatMap((value) => labelsOf(value));
          for (const name of Object.keys(live.metadata.labels ?? {})) expect(owned).toContain(name);
        }
      }),
    );
  });

  it("is refused without force only where another manager has another value", () => {
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const live = apply(undefined, first, "one");
        const refused = refusal(() => apply(live, second, "two", false));
        const forced = apply(live, second, "two");
        if (refused === undefined) expect(apply(live, second, "two", false)).toEqual(forced);
        else expect(refused).toMatchObject({ code: 409, reason: "Conflict" });
        const owner = forced.metadata.managedFields?.find(({ manager }) => manager === "one");
        const before = live.metadata.managedFields?.find(({ manager }) => manager === "one");
        expect(refused === undefined).toBe(
          JSON.stringify(owner?.fieldsV1) === JSON.stringify(before?.fieldsV1),
        );
      }),
    );
  });
});

describe("managedFields", () => {
  it("say of every field that is set who set it, after any sequence of updates", () => {
    fc.assert(
      fc.property(
        configuration,
        fc.array(fc.tuple(managers, configuration), { maxLength: 5 }),
        (first, updates) => {
          let live = stored(create(first));
          for (const [manager, config] of updates) {
            const lease = read(config);
            const metadata = {
              ...lease.metadata,
              namespace: "default",
              resourceVersion: live.metadata.resourceVersion,
            };
            const sent = { ...lease, metadata };
            const updated = prepareUpdate({ lease: sent, live, manager, nowMs: NOW_MS });
            expect(
              prepareUpdate({ lease: updated, live: updated, manager: "nobody", nowMs: NOW_MS + 5000 }),
            ).toBe(updated);
            live = updated;
          }
          const owned = new Set(
            (live.metadata.managedFields ?? []).flatMap(({ fieldsV1 }) =>
              pathsOf(FieldSet.fromJson(fieldsV1 as FieldsV1)),
            ),
          );
          // Nothing keeps its owners once it had none.
          if (owned.size === 0) return;
          for (const name of Object.keys(live.spec)) expect(owned).toContain(`f:spec/f:${name}`);
          for (const name of Object.keys(live.metadata.labels ?? {}))
            expect(owned).toContain(`f:metadata/f:labels/f:${name}`);
        },
      ),
    );
  });
});

function asObject(value: unknown): JsonObject {
  const json: Json = toJson(value);
  return json instanceof JsonObject ? json : new JsonObject();
}

function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function refusal(write: () => unknown): ApiError | undefined {
  try {
    write();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  return undefined;
}

function pathsOf(set: FieldSet): readonly string[] {
  return [...set.paths()].map((path) => path.join("/"));
}

function labelsOf(config: unknown): readonly string[] {
  return Object.keys((config as { metadata: { labels?: object } }).metadata.labels ?? {});
}

function apply(live: Lease | undefined, config: object, manager: string, force = true): Lease {
  const { lease } = patchLease({
    contentType: "application/apply-patch+yaml",
    body: Buffer.from(JSON.stringify(config)),
    live,
    name: "x",
    namespace: "default",
    manager,
    force,
    fieldValidation: "Strict",
    nowMs: NOW_MS,
    uid: "u",
  });
  return stored(lease);
}

function read(config: object): Lease {
  const body = Buffer.from(JSON.stringify(config));
  return decodeLease(body, { contentType: "application/json", fieldValidation: "Strict" }).lease;
}

function create(config: object): Lease {
  return prepareCreate({
    lease: read(config),
    namespace: "default",
    manager: "one",
    nowMs: NOW_MS,
    uid: "u",
  });
}

function stored(lease: Lease): Lease {
  return { ...lease, metadata: { ...lease.metadata, resourceVersion: "7" } };
}
