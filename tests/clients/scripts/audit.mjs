// The audit of GraphQL over HTTP that graphql-http ships: every MUST, SHOULD and MAY.
import assert from "node:assert/strict";
import { serverAudits } from "graphql-http";
import { check, done, endpoint } from "./checks.mjs";

for (const audit of serverAudits({ url: endpoint, fetchFn: fetch })) {
  await check(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, "ok", result.reason);
  });
}
done();
