"""What a partner's tool does with the client that ariadne-codegen made: typed answers, as JSON for the test."""
# ruff: noqa: INP001 (a program of its own)
# pyright: basic, reportMissingImports=false

import asyncio
import json
import sys

from enfact_client import Client
from enfact_client.enums import Language
from enfact_client.exceptions import GraphQLClientError
from enfact_client.input_types import UpdateProfileInput


async def main(url: str, token: str, company: str) -> None:
    client = Client(url, headers={"authorization": f"Bearer {token}"})
    names: list[str] = []
    after = None
    while True:
        page = (await client.companies(after=after)).viewer.companies
        names += [node.name for node in page.nodes]
        if not page.page_info.has_next_page:
            break
        after = page.page_info.end_cursor
    found = (await client.documents(id=company)).company
    spoken = (await client.speak(UpdateProfileInput(language=Language.FR))).update_profile
    refused = ""
    try:
        await Client(url, headers={"authorization": "Bearer nobody"}).companies()
    except GraphQLClientError as error:
        refused = type(error).__name__
    invoice = found.invoices.nodes[0]
    print(json.dumps({
        "companies": len(set(names)),
        "types": [type(value).__name__ for value in (invoice.total_incl, invoice.date, invoice.created_at)],
        "documents": len(found.documents.nodes),
        "language": spoken.viewer.account.language,
        "refused": refused,
    }))  # fmt: skip


asyncio.run(main(*sys.argv[1:]))
