import { fileURLToPath } from "node:url";
import { testResourceLock } from "@tenure/conformance";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type EtcdVariant, etcdFixture } from "./conformance.fixture.ts";

const VARIANTS: readonly EtcdVariant[] = [
  { variant: "etcd 3.4, one member", version: "3.4", members: 1, security: "none" },
  { variant: "etcd 3.5, three members", version: "3.5", members: 3, security: "none" },
  {
    variant: "etcd 3.6, TLS and client certificates",
    version: "3.6",
    members: 1,
    security: "client certificates",
  },
  {
    variant: "etcd 3.7, TLS, user and password",
    version: "3.7",
    members: 1,
    security: "user and password over TLS",
  },
];

for (const variant of VARIANTS) {
  await describeWith(`etcd-${variant.version}`, variant.variant, () => {
    testResourceLock({ describe, it, beforeAll, afterAll }, etcdFixture(variant), {
      reportFolder: fileURLToPath(new URL("../../../.conformance/", import.meta.url)),
    });
  });
}
