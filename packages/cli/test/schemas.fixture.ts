import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { expect } from "vitest";

const ajv = new Ajv({
  allErrors: true,
  formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) },
});

/** A schema of this package. */
export function schema(name: string): ValidateFunction {
  return ajv.compile(
    JSON.parse(readFileSync(new URL(`../schemas/${name}.schema.json`, import.meta.url), "utf8")),
  );
}

/** Expects a document to be as a schema says. */
export function expectToMatch(validate: ValidateFunction, document: unknown): void {
  const valid = validate(document);
  expect(valid ? [] : validate.errors, JSON.stringify(document)).toEqual([]);
}
