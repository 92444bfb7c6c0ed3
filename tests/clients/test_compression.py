"""What is compressed of real answers: large reads for whom asks, nothing that a mutation answers."""

import httpx

from tests.clients.serving import Served

ROWS = "rows { id cells { app granted effective reason } }"
MATRIX = f"viewer {{ companies(first: 1) {{ nodes {{ id permissionMatrix {{ {ROWS} }} }} }} }}"
READ = f"{{ {MATRIX} }}"
WRITE = f"mutation {{ updateProfile(input: {{}}) {{ {MATRIX} errors {{ code }} }} }}"


async def ask(served: Served, query: str, encoding: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {await served.demo.token('lambert')}", "accept-encoding": encoding}
    return await served.demo.client.post("/graphql", json={"query": query}, headers=headers)


async def test_a_large_read_is_compressed_and_the_same_answer_of_a_mutation_is_not(served: Served) -> None:
    plain, packed = await ask(served, READ, "identity"), await ask(served, READ, "gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 5
    assert packed.content == plain.content
    written = await ask(served, WRITE, "gzip, br")
    assert written.json()["data"]["updateProfile"]["errors"] == []
    assert len(written.content) > len(plain.content)
    assert "content-encoding" not in written.headers
