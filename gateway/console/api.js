// Operations of operations.graphql, sent by name. The gateway knows their text (documentId).
export async function ask(name, variables = {}) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ documentId: `console/${name}`, variables }),
  });
  const { data, errors } = await response.json();
  if (!data) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
  return data;
}
