"""What companies are told of API keys, and what their owners do about them."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from resolvers.mutations import keys
from resolvers.mutations.context import hash_token
from resolvers.mutations.steps.attempts import HOUR, AttemptLimit
from schema.errors import TOO_MANY_KEYS, UserErrorCode, user_message
from schema.localization.language import Language
from tests.support.company import Answer, Firm
from tests.support.databases import Databases
from tests.support.shop import CREATE, DELETE, ME, REVOKE, Shop, also_in, codes, open_shop

LISTED: Final = """
query ($id: ID!) { company(id: $id) {
  apiKeys { label last4 companyId readOnly createdAt lastUsedAt expiresAt owner { email firstName } } } }
"""
REVOKED: Final = """
mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { company { id } errors { code field } } }
"""
INVITE: Final = """
mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } errors { code } } }
"""
ACCEPT: Final = """
mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { errors { code } } }
"""
RESET: Final = """
mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { revokedApiKeys errors { code } } }
"""
PROLONG: Final = """
mutation ($input: UpdateExternalUserInput!) { updateExternalUser(input: $input) { errors { code } } }
"""
ADD: Final = "mutation ($input: AddExternalUserInput!) { addExternalUser(input: $input) { errors { code } } }"
REMOVE: Final = "mutation ($input: RemoveExternalUserInput!) { removeExternalUser(input: $input) { errors { code } } }"
LETTER: Final = """
insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at)
select $1, $2, account_id, case when $2 = 'INVITATION' then company_id end, case when $2 = 'INVITATION' then id end,
  now() + interval '1 hour'
from membership where id = $3
"""
HERE: Final = "select id from membership where company_id = $1 and account_id = $2 and removed_at is null"


@pytest.fixture(scope="module")
async def shop(databases: Databases, template: str) -> AsyncGenerator[Shop]:
    async with open_shop(databases, template) as shop:
        yield shop


@pytest.fixture
async def firm(shop: Shop) -> Firm:
    firm = await Firm.found(shop.connection)
    await shop.toggle(firm, "anna", "API_ACCESS")
    return firm


async def listed(shop: Shop, firm: Firm, token: str) -> Any:
    """The keys that open a company, as somebody sees them."""
    return (await shop.ask(token, LISTED, id=firm.id)).data["company"]["apiKeys"]


async def told(shop: Shop, firm: Firm) -> list[tuple[str, Any, Any]]:
    """What the trail tells of keys: the kind, who did it, whose key."""
    return [entry for entry in await shop.kinds(firm) if entry[0].startswith("KEY_")]


async def letter(shop: Shop, purpose: str, membership: object) -> str:
    """The token of a letter to somebody."""
    token = f"{purpose} {membership}"
    await shop.connection.execute(LETTER, hash_token(token), purpose, membership)
    return token


async def taken_back(shop: Shop, firm: Firm, name: str) -> None:
    """Delete a user, invite the same person again, and let it accept and hold API_ACCESS."""
    owner, person = firm["owner"], firm[name]
    company = {"companyId": firm.id}
    await shop.ask(owner.token, DELETE, input={**company, "userId": person.id})
    names = {"firstName": "A", "lastName": "P", "role": "EMPLOYEE", "apps": ["API_ACCESS"]}
    await shop.ask(owner.token, INVITE, input={**company, "email": person.email, **names})
    member = await shop.connection.fetchval(HERE, firm.key, person.account)
    token = await letter(shop, "INVITATION", member)
    answer = await shop.ask(person.token, ACCEPT, input={"token": token})
    assert answer.data["acceptInvitation"]["errors"] == []


async def revoke(shop: Shop, by: str, key: str, **given: object) -> Answer:
    """The answer to a revocation."""
    return await shop.ask(by, REVOKED, input={"apiKeyId": key, **given})


# --- the trail


async def test_a_key_of_no_company_is_told_where_it_opens_and_where_it_ended(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    closed = await Firm.found(shop.connection)
    await shop.connection.execute(
        "insert into membership (company_id, account_id, role, first_name, last_name, accepted_at) "
        "values ($1, $2, 'EMPLOYEE', 'x', 'y', now())", closed.key, firm["anna"].account,
    )  # fmt: skip
    _, id_ = await shop.key(firm["anna"].token)
    await shop.toggle(firm, "anna", "API_ACCESS", on=False)
    assert codes(await shop.ask(firm["anna"].token, REVOKE, input={"apiKeyId": id_}), "revokeApiKey") == []
    who = firm["anna"].account
    assert [entry[:2] for entry in await told(shop, firm)] == [("KEY_CREATED", who), ("KEY_REVOKED", who)]
    assert [entry[:2] for entry in await told(shop, other)] == [("KEY_CREATED", who), ("KEY_REVOKED", who)]
    assert await told(shop, closed) == []


async def test_a_key_that_came_to_open_a_company_later_is_told_at_its_end(shop: Shop, firm: Firm) -> None:
    await also_in(shop, firm, "bram")
    _, id_ = await shop.key(firm["bram"].token)
    assert await told(shop, firm) == []
    await shop.toggle(firm, "bram", "API_ACCESS")
    await shop.ask(firm["bram"].token, REVOKE, input={"apiKeyId": id_})
    assert [kind for kind, *_ in await told(shop, firm)] == ["KEY_REVOKED"]


async def test_a_new_password_by_letter_ends_keys_and_says_so(shop: Shop, firm: Firm) -> None:
    free, _ = await shop.key(firm["anna"].token)
    bound, _ = await shop.key(firm["anna"].token, companyId=firm.id)
    kept, _ = await shop.key(firm["owner"].token, companyId=firm.id)
    token = await letter(shop, "PASSWORD_RESET", firm["anna"].membership)
    answer = await shop.ask(None, RESET, input={"token": token, "password": "another-horse-9"})
    assert answer.data["resetPassword"] == {"revokedApiKeys": 2, "errors": []}
    for key in (free, bound):
        assert (await shop.ask(key, ME)).codes == ["UNAUTHENTICATED"]
    assert await shop.companies(kept) == [firm.id]
    anna = (firm["anna"].account, firm["anna"].membership)
    assert (await told(shop, firm))[-2:] == [("KEY_REVOKED", *anna)] * 2


# --- who is taken back


async def test_who_is_taken_back_needs_a_new_key(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    old, _ = await shop.key(firm["anna"].token)
    await taken_back(shop, firm, "anna")
    assert not await shop.enters(old, firm)
    assert await shop.companies(old) == [other.id]
    new, _ = await shop.key(firm["anna"].token)
    assert await shop.enters(new, firm)
    anna = firm["anna"].account
    assert [entry[:2] for entry in await told(shop, firm)] == [
        ("KEY_CREATED", anna), ("KEY_REVOKED", firm["owner"].account), ("KEY_CREATED", anna),
    ]  # fmt: skip


@pytest.mark.parametrize("bound", [True, False])
async def test_a_key_that_is_made_while_its_owner_is_deleted_stays_closed(shop: Shop, firm: Firm, bound: bool) -> None:
    """Its row was not there yet when the membership ended, so nothing was done about it."""
    given = {"companyId": firm.id} if bound else {}
    key, _ = await shop.key(firm["anna"].token, **given)
    stored = await shop.connection.fetchrow("delete from credential where token_hash = $1 returning *", hash_token(key))
    assert stored is not None
    await taken_back(shop, firm, "anna")
    columns = ", ".join(stored.keys())
    places = ", ".join(f"${n}" for n in range(1, len(stored) + 1))
    await shop.connection.execute(f"insert into credential ({columns}) values ({places})", *stored.values())
    assert await shop.companies(key) == []


async def test_an_accountant_whose_term_had_passed_needs_a_new_key(shop: Shop, firm: Firm) -> None:
    accountant = firm["accountant"]
    free, _ = await shop.key(accountant.token)
    bound, _ = await shop.key(accountant.token, companyId=firm.id)
    await shop.connection.execute("update membership set until = now() where id = $1", accountant.membership)
    given = {"companyId": firm.id, "externalUserId": accountant.id, "until": None}
    assert (await shop.ask(firm["owner"].token, PROLONG, input=given)).data["updateExternalUser"]["errors"] == []
    assert await shop.companies(free) == []
    assert (await shop.ask(bound, ME)).codes == ["UNAUTHENTICATED"]
    assert [kind for kind, *_ in await told(shop, firm)] == ["KEY_CREATED"] * 2 + ["KEY_REVOKED"] * 2


async def test_an_accountant_who_is_added_again_needs_a_new_key(shop: Shop, firm: Firm) -> None:
    accountant, company = firm["accountant"], {"companyId": firm.id}
    free, _ = await shop.key(accountant.token)
    await shop.ask(firm["owner"].token, REMOVE, input={**company, "externalUserId": accountant.id})
    added = await shop.ask(firm["owner"].token, ADD, input={**company, "email": accountant.email})
    assert added.data["addExternalUser"]["errors"] == []
    assert await shop.companies(free) == []
    assert [kind for kind, *_ in await told(shop, firm)] == ["KEY_CREATED", "KEY_REVOKED"]


# --- under the owners' eyes


async def test_owners_see_the_keys_that_open_their_company(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    await shop.key(firm["anna"].token, companyId=firm.id, label="Bound", readOnly=True)
    free, _ = await shop.key(firm["anna"].token, label="Free")
    await shop.key(firm["anna"].token, companyId=other.id, label="Elsewhere")
    await shop.key(firm["partner"].token, companyId=firm.id, label="Partner")
    await shop.companies(free)
    await shop.executor.uses.write(shop.database)
    found = await listed(shop, firm, firm["owner"].token)
    assert [key["label"] for key in found] == ["Partner", "Free", "Bound"]
    assert [key["owner"]["email"] for key in found] == [firm[name].email for name in ("partner", "anna", "anna")]
    assert [key["companyId"] for key in found] == [firm.id, None, firm.id]
    assert [key["lastUsedAt"] for key in found] == [None] * 3  # that a free key was used elsewhere is not told
    assert found[2]["owner"]["firstName"] == "Anna"
    assert await listed(shop, firm, firm["anna"].token) is None
    assert [key["label"] for key in await listed(shop, other, firm["anna"].token)] == ["Elsewhere", "Free"]


async def test_a_key_that_opens_nothing_here_is_not_listed(shop: Shop, firm: Firm) -> None:
    await shop.key(firm["anna"].token, label="Free")
    await shop.toggle(firm, "anna", "API_ACCESS", on=False)
    assert await listed(shop, firm, firm["owner"].token) == []
    await shop.toggle(firm, "anna", "API_ACCESS")
    await taken_back(shop, firm, "anna")
    assert await listed(shop, firm, firm["owner"].token) == []


async def test_a_key_shows_its_owner_no_keys_of_the_company(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["owner"].token, companyId=firm.id)
    assert await listed(shop, firm, key) == []


async def test_an_owner_ends_a_key_that_is_bound_to_the_company(shop: Shop, firm: Firm) -> None:
    key, id_ = await shop.key(firm["anna"].token, companyId=firm.id)
    answer = await revoke(shop, firm["owner"].token, id_)
    assert answer.data["revokeApiKey"] == {"company": {"id": firm.id}, "errors": []}
    assert (await shop.ask(key, ME)).codes == ["UNAUTHENTICATED"]
    assert (await told(shop, firm))[-1] == ("KEY_REVOKED", firm["owner"].account, firm["anna"].membership)


async def test_an_owner_closes_the_company_alone_to_a_key_of_several(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    key, id_ = await shop.key(firm["anna"].token)
    assert (await revoke(shop, firm["owner"].token, id_)).data["revokeApiKey"]["company"] == {"id": firm.id}
    assert await shop.companies(key) == [other.id]
    assert not await shop.enters(key, firm)
    assert await listed(shop, firm, firm["owner"].token) == []
    assert (await told(shop, firm))[-1] == ("KEY_REVOKED", firm["owner"].account, firm["anna"].membership)
    assert [kind for kind, *_ in await told(shop, other)] == ["KEY_CREATED"]
    await shop.ask(firm["anna"].token, REVOKE, input={"apiKeyId": id_})
    assert [kind for kind, *_ in await told(shop, firm)] == ["KEY_CREATED", "KEY_REVOKED"]


async def test_an_owner_of_two_companies_may_close_one_of_them(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    await shop.connection.execute(
        "insert into membership (company_id, account_id, role, first_name, last_name, accepted_at) "
        "values ($1, $2, 'OWNER', 'x', 'y', now())", other.key, firm["owner"].account,
    )  # fmt: skip
    key, id_ = await shop.key(firm["anna"].token)
    await revoke(shop, firm["owner"].token, id_, companyId=other.id)
    assert await shop.companies(key) == [firm.id]
    again, id_ = await shop.key(firm["anna"].token)
    assert (await revoke(shop, firm["owner"].token, id_)).data["revokeApiKey"] == {"company": None, "errors": []}
    assert await shop.companies(again) == []


@pytest.mark.parametrize("by", ["anna", "accountant", "former", "gone", "pending"])
async def test_who_is_no_owner_ends_nobodys_key(shop: Shop, firm: Firm, by: str) -> None:
    ids = [await shop.key(firm["owner"].token, companyId=firm.id), await shop.key(firm["owner"].token)]
    for _, id_ in ids:
        refused = await revoke(shop, firm[by].token, id_)
        assert codes(refused, "revokeApiKey") == [("NOT_FOUND", ["apiKeyId"])]
        named = await revoke(shop, firm[by].token, id_, companyId=firm.id)
        assert named.codes == ["FORBIDDEN"] or codes(named, "revokeApiKey") == [("NOT_FOUND", ["companyId"])]
    assert len(await listed(shop, firm, firm["owner"].token)) == 2


async def test_a_key_that_does_not_open_the_owners_company_is_not_found(shop: Shop, firm: Firm) -> None:
    other = await also_in(shop, firm, "anna")
    _, id_ = await shop.key(firm["anna"].token, companyId=other.id)
    stranger = await Firm.found(shop.connection)
    for token, given in (
        (firm["owner"].token, {}), (firm["owner"].token, {"companyId": firm.id}), (stranger["owner"].token, {}),
    ):  # fmt: skip
        assert codes(await revoke(shop, token, id_, **given), "revokeApiKey") == [("NOT_FOUND", ["apiKeyId"])]


# --- limits


async def test_keys_are_made_so_often(shop: Shop, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MADE", AttemptLimit("keys in a test", 2, HOUR))
    for _ in range(2):
        _, id_ = await shop.key(firm["anna"].token)
        await shop.ask(firm["anna"].token, REVOKE, input={"apiKeyId": id_})
    assert codes(await shop.create(firm["anna"].token)) == [("TOO_MANY_ATTEMPTS", None)]
    assert codes(await shop.create(firm["owner"].token)) == []


async def test_a_full_account_is_told_what_to_do(shop: Shop, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_KEYS", 1)
    await shop.key(firm["anna"].token)
    query = CREATE.replace("code field", "code message")
    for language in Language:
        await shop.connection.execute(
            "update account set language = $2 where id = $1", firm["anna"].account, language.name
        )
        (error,) = (await shop.ask(firm["anna"].token, query, input={"label": "x"})).data["createApiKey"]["errors"]
        message = user_message(UserErrorCode.LIMIT_REACHED, language, TOO_MANY_KEYS, most="1")
        assert error == {"code": "LIMIT_REACHED", "message": message}
