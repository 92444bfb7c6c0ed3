"""keys.py: API keys, what they open, and how long."""

import datetime
from collections.abc import AsyncGenerator
from typing import Final

import orjson
import pytest

from resolvers.compilation.schema_checks import SchemaRefused, check_mutations
from resolvers.execution import mutation_runner
from resolvers.execution.product import default_compiler
from resolvers.mutations.context import InputValues, Mutation, MutationContext, MutationResult, hash_token
from resolvers.mutations.keys import MOST_KEYS
from resolvers.mutations.registry import MUTATIONS
from resolvers.request import GraphQLRequest
from resolvers.writing.registry import statement_writers
from schema import schema
from schema.hidden_fields import HiddenFields
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.shop import CREATE, DELETE, ME, REVOKE, Shop, also_in, codes, open_shop

HIDDEN: Final = "query ($id: ID!) { company(id: $id) { id activeApps } }"
LATER: Final = "2100-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
async def shop(databases: Databases, template: str) -> AsyncGenerator[Shop]:
    async with open_shop(databases, template) as shop:
        yield shop


@pytest.fixture
async def firm(shop: Shop) -> Firm:
    return await Firm.found(shop.connection)


# --- making keys


async def test_a_key_is_shown_once_and_kept_as_a_hash(shop: Shop, firm: Firm) -> None:
    answer = await shop.create(firm["owner"].token, companyId=firm.id, expiresAt=LATER, hiddenFields="ERROR")
    payload = answer.data["createApiKey"]
    key, shown = payload["key"], payload["apiKey"]
    assert key.startswith("enk_")
    assert shown.pop("createdAt") is not None
    assert shown.pop("id") == payload["viewer"]["apiKeys"][0]["id"]
    assert shown == {
        "label": "Webshop", "last4": key[-4:], "companyId": firm.id, "apps": None, "readOnly": False,
        "hiddenFields": "ERROR", "lastUsedAt": None, "expiresAt": LATER,
    }  # fmt: skip
    row = await shop.connection.fetchrow("select * from credential where token_hash = $1", hash_token(key))
    assert row is not None
    assert row["kind"] == "API_KEY"
    assert not any(key in str(value) for value in row.values())
    person = firm["owner"]
    assert await shop.kinds(firm) == [("KEY_CREATED", person.account, person.membership)]
    assert await firm.version() == 1


async def test_a_key_of_no_company_never_ends_and_stands_in_each_trail(shop: Shop, firm: Firm) -> None:
    payload = (await shop.create(firm["owner"].token, companyId=None, readOnly=True)).data["createApiKey"]
    shown = payload["apiKey"]
    assert (shown["companyId"], shown["expiresAt"], shown["readOnly"], shown["hiddenFields"]) == (
        None,
        None,
        True,
        "NULL",
    )
    person = firm["owner"]
    assert await shop.kinds(firm) == [("KEY_CREATED", person.account, person.membership)]
    assert await shop.companies(payload["key"]) == [firm.id]


@pytest.mark.parametrize("label", ["", " ", "x" * 101, "a\x00b"])
async def test_a_label_has_1_to_100_characters(shop: Shop, firm: Firm, label: str) -> None:
    assert codes(await shop.create(firm["owner"].token, label=label)) == [("VALIDATION", ["label"])]
    assert codes(await shop.create(firm["owner"].token, label="é" * 100)) == []


async def test_a_key_ends_in_the_future(shop: Shop, firm: Firm) -> None:
    past = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)).isoformat()
    answer = await shop.create(firm["owner"].token, companyId=firm.id, expiresAt=past)
    assert codes(answer) == [("VALIDATION", ["expiresAt"])]
    assert answer.data["createApiKey"]["key"] is None
    assert await shop.kinds(firm) == []


@pytest.mark.parametrize("bound", [True, False])
async def test_who_lacks_the_app_makes_no_key(shop: Shop, firm: Firm, bound: bool) -> None:
    given = {"companyId": firm.id} if bound else {}
    assert (await shop.create(firm["anna"].token, **given)).codes == ["FORBIDDEN"]
    await shop.toggle(firm, "anna", "API_ACCESS")
    assert codes(await shop.create(firm["anna"].token, **given)) == []
    assert codes(await shop.create(firm["accountant"].token, **given)) == []


async def test_a_right_in_another_company_is_none_here(shop: Shop, firm: Firm) -> None:
    await also_in(shop, firm, "anna")
    assert (await shop.create(firm["anna"].token, companyId=firm.id)).codes == ["FORBIDDEN"]
    assert codes(await shop.create(firm["anna"].token)) == []


@pytest.mark.parametrize("name", ["pending", "gone", "former"])
async def test_a_company_that_one_has_not_entered_is_not_there(shop: Shop, firm: Firm, name: str) -> None:
    assert codes(await shop.create(firm[name].token, companyId=firm.id)) == [("NOT_FOUND", ["companyId"])]
    assert (await shop.create(firm[name].token)).codes == ["FORBIDDEN"]
    unknown = await shop.create(firm[name].token, companyId="com_" + "0" * 32)
    assert codes(unknown) == [("NOT_FOUND", ["companyId"])]


async def test_an_account_has_so_many_keys(shop: Shop, firm: Firm) -> None:
    await shop.connection.execute(
        "insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at) "
        "select sha256(convert_to($1::text || n, 'UTF8')), $2, 'API_KEY', 'x', 'xxxx', 'NULL', "
        "case n when 1 then now() - interval '1 second' else 'infinity' end from generate_series(1, $3) n",
        firm.id, firm["owner"].account, MOST_KEYS,
    )  # fmt: skip
    assert codes(await shop.create(firm["owner"].token)) == []  # one had ended
    assert codes(await shop.create(firm["owner"].token)) == [("LIMIT_REACHED", None)]
    assert codes(await shop.create(firm["partner"].token)) == []


async def test_nobody_makes_a_key_signed_out(shop: Shop, firm: Firm) -> None:
    answer = await shop.ask(None, CREATE, input={"label": "x"})
    assert answer.codes == ["UNAUTHENTICATED"]


# --- what they open


async def test_a_key_opens_its_own_company_only(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "owner")
    bound, _ = await shop.key(firm["owner"].token, companyId=firm.id)
    free, _ = await shop.key(firm["owner"].token)
    assert (await shop.enters(bound, firm), await shop.enters(bound, other)) == (True, False)
    assert (await shop.enters(free, firm), await shop.enters(free, other)) == (True, True)


async def test_a_key_opens_nothing_where_its_owner_lost_the_app(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    await shop.toggle(firm, "anna", "API_ACCESS")
    bound, _ = await shop.key(firm["anna"].token, companyId=firm.id)
    free, _ = await shop.key(firm["anna"].token)
    await shop.toggle(firm, "anna", "API_ACCESS", on=False)
    assert await shop.companies(bound) == []
    assert not await shop.enters(bound, firm)
    assert await shop.companies(free) == [other.id]
    await shop.toggle(firm, "anna", "API_ACCESS")
    assert await shop.enters(bound, firm)
    await shop.connection.execute("update company set mask = repeat('0', 256)::bit(256) where id = $1", firm.key)
    assert not await shop.enters(bound, firm)


async def test_a_key_obeys_its_owners_toggles(shop: Shop, firm: Firm) -> None:
    await shop.toggle(firm, "anna", "API_ACCESS")
    key, _ = await shop.key(firm["anna"].token)
    invoices = "query ($id: ID!) { company(id: $id) { invoices { totalCount } } }"
    hidden = await shop.ask(key, invoices, id=firm.id)
    assert (hidden.data["company"]["invoices"], [note.app for note in hidden.hidden]) == (None, ["INVOICES"])
    await shop.toggle(firm, "anna", "INVOICES")
    assert (await shop.ask(key, invoices, id=firm.id)).data["company"]["invoices"] == {"totalCount": 0}


async def test_a_key_sees_neither_keys_nor_sessions(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["owner"].token)
    viewer = (await shop.ask(key, ME)).data["viewer"]
    assert viewer["account"] == {"email": firm["owner"].email}
    assert (viewer["apiKeys"], viewer["sessions"]) == ([], [])
    own = (await shop.ask(firm["owner"].token, ME)).data["viewer"]
    assert (len(own["apiKeys"]), len(own["sessions"])) == (1, 1)
    assert (await shop.ask(firm["partner"].token, ME)).data["viewer"]["apiKeys"] == []


@pytest.mark.parametrize(("mode", "header", "told"), [
    ("NULL", "NULL", "note"), ("NULL", "ERROR", "error"), ("ERROR", "NULL", "error"), ("ERROR", "ERROR", "error"),
])  # fmt: skip
async def test_a_keys_mode_cannot_be_loosened(shop: Shop, firm: Firm, mode: str, header: str, told: str) -> None:
    await shop.toggle(firm, "anna", "API_ACCESS")
    key, _ = await shop.key(firm["anna"].token, hiddenFields=mode)
    request = GraphQLRequest(HIDDEN, variables={"id": firm.id}, token=key, hidden_fields=HiddenFields[header])
    result = await shop.executor.execute(request)
    assert result.data is not None
    assert orjson.loads(result.data)["company"]["activeApps"] is None
    assert ([error.code.value for error in result.errors], len(result.hidden)) == (
        (["ROLE_REQUIRED"], 0) if told == "error" else ([], 1)
    )


async def test_uses_of_keys_are_written_later_and_prolong_nothing(shop: Shop, firm: Firm) -> None:
    key, id_ = await shop.key(firm["owner"].token, expiresAt=LATER)
    await shop.executor.uses.write(shop.database)
    assert await shop.companies(key) == [firm.id]
    assert [shown["lastUsedAt"] for shown in (await shop.ask(firm["owner"].token, ME)).data["viewer"]["apiKeys"]] == [
        None
    ]
    await shop.executor.uses.write(shop.database)
    (shown,) = (await shop.ask(firm["owner"].token, ME)).data["viewer"]["apiKeys"]
    assert (shown["id"], shown["lastUsedAt"] is not None) == (id_, True)
    ends = await shop.connection.fetchval("select expires_at from credential where token_hash = $1", hash_token(key))
    assert ends.isoformat() == LATER


# --- mutations


async def test_a_mutation_is_closed_to_keys(shop: Shop, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []

    async def touch(write: MutationContext, given: InputValues) -> MutationResult:
        done.append(write.caller.account)
        return MutationResult()

    key, _ = await shop.key(firm["owner"].token)
    reader, _ = await shop.key(firm["owner"].token, readOnly=True)
    update = (
        'mutation { becomeAccountant(input: {officeName: "Zoé", acceptTerms: true}) { viewer { id } errors { code } } }'
    )
    monkeypatch.setattr(mutation_runner, "MUTATIONS", {**MUTATIONS, "becomeAccountant": Mutation(touch)})
    for token in (key, reader):
        assert (await shop.ask(token, update)).codes == ["FORBIDDEN"]
    assert done == []
    assert (await shop.ask(firm["owner"].token, update)).codes == []
    assert done == [firm["owner"].account]


def test_who_writes_a_gated_mutation_judges_its_gates() -> None:
    judged = {name: mutation.gates for name, mutation in MUTATIONS.items()}
    judged |= {name: writer.need for name, writer in statement_writers(default_compiler().layout).items()}
    check_mutations(schema.core, judged)
    with pytest.raises(SchemaRefused, match=r"Mutation\.createApiKey: what writes it judges other gates"):
        check_mutations(schema.core, {**judged, "createApiKey": ()})
    with pytest.raises(SchemaRefused, match=r"Mutation\.logout: declared or written"):
        check_mutations(schema.core, {name: gates for name, gates in judged.items() if name != "logout"})


# --- the end of keys


async def test_a_revoked_key_is_gone_at_once(shop: Shop, firm: Firm) -> None:
    key, id_ = await shop.key(firm["owner"].token, companyId=firm.id)
    kept, kept_id = await shop.key(firm["owner"].token)
    assert codes(await shop.ask(firm["anna"].token, REVOKE, input={"apiKeyId": id_}), "revokeApiKey") == [
        ("NOT_FOUND", ["apiKeyId"])
    ]
    answer = await shop.ask(firm["owner"].token, REVOKE, input={"apiKeyId": id_})
    assert answer.data["revokeApiKey"] == {"viewer": {"apiKeys": [{"id": kept_id}]}, "errors": []}
    assert (await shop.ask(key, ME)).codes == ["UNAUTHENTICATED"]
    assert await shop.enters(kept, firm)
    again = await shop.ask(firm["owner"].token, REVOKE, input={"apiKeyId": id_})
    assert codes(again, "revokeApiKey") == [("NOT_FOUND", ["apiKeyId"])]
    person = firm["owner"]
    who = (person.account, person.membership)
    assert await shop.kinds(firm) == [("KEY_CREATED", *who), ("KEY_CREATED", *who), ("KEY_REVOKED", *who)]


async def test_a_session_is_no_key_that_can_be_revoked(shop: Shop, firm: Firm) -> None:
    (session,) = (await shop.ask(firm["owner"].token, ME)).data["viewer"]["sessions"]
    for id_ in (session["id"], f"key_{session['id'][4:]}"):
        answer = await shop.ask(firm["owner"].token, REVOKE, input={"apiKeyId": id_})
        assert codes(answer, "revokeApiKey") == [("NOT_FOUND", ["apiKeyId"])]


async def test_who_lost_the_app_or_the_company_still_revokes(shop: Shop, firm: Firm) -> None:
    await shop.toggle(firm, "anna", "API_ACCESS")
    keys = [await shop.key(firm["anna"].token, companyId=firm.id) for _ in range(2)]
    await shop.toggle(firm, "anna", "API_ACCESS", on=False)
    assert codes(await shop.ask(firm["anna"].token, REVOKE, input={"apiKeyId": keys[0][1]}), "revokeApiKey") == []
    await shop.connection.execute("update membership set until = now() where id = $1", firm["anna"].membership)
    assert codes(await shop.ask(firm["anna"].token, REVOKE, input={"apiKeyId": keys[1][1]}), "revokeApiKey") == []
    assert [kind for kind, _, _ in await shop.kinds(firm)] == ["KEY_CREATED", "KEY_CREATED", "KEY_REVOKED"]


async def test_an_expired_key_is_none(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["owner"].token)
    await shop.connection.execute("update credential set expires_at = now() where token_hash = $1", hash_token(key))
    assert (await shop.ask(key, ME)).codes == ["UNAUTHENTICATED"]
    assert (await shop.ask(firm["owner"].token, ME)).data["viewer"]["apiKeys"] == []


async def test_deleting_a_user_revokes_its_keys_of_that_company(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    await shop.toggle(firm, "anna", "API_ACCESS")
    bound, _ = await shop.key(firm["anna"].token, companyId=firm.id)
    free, _ = await shop.key(firm["anna"].token)
    elsewhere, _ = await shop.key(firm["anna"].token, companyId=other.id)
    owners, _ = await shop.key(firm["owner"].token, companyId=firm.id)
    given = {"companyId": firm.id, "userId": firm["anna"].id}
    assert codes(await shop.ask(firm["owner"].token, DELETE, input=given), "deleteUser") == []
    assert (await shop.ask(bound, ME)).codes == ["UNAUTHENTICATED"]
    assert await shop.companies(free) == await shop.companies(elsewhere) == [other.id]
    assert await shop.companies(owners) == [firm.id]
    trail = [entry for entry in await shop.kinds(firm) if entry[0] in ("KEY_REVOKED", "USER_DELETED")]
    who = (firm["owner"].account, firm["anna"].membership)
    assert trail == [("KEY_REVOKED", *who), ("KEY_REVOKED", *who), ("USER_DELETED", *who)]
