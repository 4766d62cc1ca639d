import { afterAll, beforeAll, describe, it } from "vitest";
import { referenceFixture } from "../src/reference/reference-lock.fixture.ts";
import { testResourceLock } from "../src/test-resource-lock.ts";

testResourceLock({ describe, it, beforeAll, afterAll }, referenceFixture());
