import { afterAll, beforeAll, describe, it } from "vitest";
import { cellFixture } from "../src/cell.fixture.ts";
import { testResourceLock } from "../src/test-resource-lock.ts";

testResourceLock({ describe, it, beforeAll, afterAll }, cellFixture());
