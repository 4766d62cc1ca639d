import { afterAll, beforeAll, describe, it } from "vitest";
import { cellFixture } from "./cell.fixture.ts";
import { testResourceLock } from "./test-resource-lock.ts";

testResourceLock({ describe, it, beforeAll, afterAll }, cellFixture());
