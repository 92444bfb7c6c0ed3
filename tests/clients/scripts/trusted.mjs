// A gateway that admits only the documents of a manifest, as graphql-codegen and relay-compiler write it.
import assert from "node:assert/strict";
import { LAMBERT, bearer, check, done, endpoint, given } from "./checks.mjs";

async function ask(body) {
  const response = await fetch(endpoint, {
    method: "POST", headers: { "content-type": "application/json", ...bearer("lambert") }, body: JSON.stringify(body),
  });
  return response.json();
}

for (const [name, documentId] of Object.entries(given.documents)) {
  await check(`a document of ${name} is answered by its id`, async () => {
    const { data, errors } = await ask({ documentId, variables: { id: LAMBERT } });
    assert.equal(errors, undefined);
    assert.equal(data.company.name, "Chauffage Lambert");
  });
}

await check("no other document is admitted", async () => {
  const { errors } = await ask({ query: "{ __typename }" });
  assert.equal(errors[0].extensions.code, "PERSISTED_QUERY_REQUIRED");
});

done();
