import { afterAll, beforeAll, describe, it } from "vitest";
import { referenceFixture } from "./reference/reference-lock.fixture.ts";
import { testResourceLock } from "./test-resource-lock.ts";

testResourceLock({ describe, it, beforeAll, afterAll }, referenceFixture());
