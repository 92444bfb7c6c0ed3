"""The engine against a model over rows in memory: drawn sequences of mutations by all sorts of people, step by step.

Compared are what is answered, and all rows afterwards.
"""

import random
from typing import Any, Final

import orjson
import pytest

from db.tokens import hash_token, new_token
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing import model
from tests.resolvers.writing.desk import EVERY_APP, Desk, document, write_of
from tests.resolvers.writing.model import CUSTOMER, PERSON, Model, Row, Said, Viewer
from tests.resolvers.writing.test_every_write import MAKE_CREDENTIAL
from tests.support.company import Firm

STEPS, LEAST = 80, 3
FIELDS: Final = {"Customer": " ".join(CUSTOMER), "ContactPerson": " ".join(PERSON)}
UNKNOWN: Final = {"Customer": "cus_" + "1" * 32, "ContactPerson": "cop_" + "1" * 32, "Company": "com_" + "1" * 32}
GOOD: Final[dict[str, list[Any]]] = {
    "name": ["A", " b  c ", "D"],
    "externalId": ["e1", "e2", "e3", " ", None],
    "number": ["C7", "c0008", "C12", "c00040"],
    "discount": ["5", "7.50", None],
    "discountType": ["PERCENT", "AMOUNT", None],
    "currency": ["EUR", "USD"],
    "firstName": ["", "Ann", " Bo  b"],
    "lastName": ["Cas", "Dan"],
}
BAD: Final[dict[str, list[Any]]] = {
    "name": ["", None, "x" * 101],
    "externalId": ["y" * 101],
    "number": ["X1", "C0", None],
    "discount": ["5.005", "-1", "150"],
    "discountType": [None],
    "currency": ["EURO", None],
    "firstName": [None],
    "lastName": ["", None, "z" * 101],
}
PEOPLE: Final = {
    "owner": Viewer("owner", frozenset({"DISCOUNTS", "CURRENCIES"})),
    "anna": Viewer("anna", frozenset({"DISCOUNTS"})),
    "bram": Viewer("bram", frozenset()),
    "gone": Viewer("gone", None),
    "stranger": Viewer("stranger", None),
    "reader": Viewer("reader", frozenset({"DISCOUNTS", "CURRENCIES"}), read_only=True),
}


class Drawing:
    """Draws mutations about the rows of a model."""

    def __init__(self, seed: int, rows: Model) -> None:
        self.random, self.rows, self.serial = random.Random(seed), rows, 0
        self.sent: list[tuple[str, str, str, dict[str, Any]]] = []

    def step(self) -> tuple[str, str, str, dict[str, Any]]:
        """Who, the verb, the type, and the input; now and then one that was sent already."""
        draw = self.random
        if self.sent and draw.random() < 0.15:
            return draw.choice(self.sent)
        who = draw.choices(list(PEOPLE), [8, 5, 4, 1, 1, 1])[0]
        kind = draw.choice(["Customer", "Customer", "ContactPerson"])
        verb = draw.choices(["create", "update", "delete", "restore"], [4, 6, 1, 1])[0]
        if kind == "ContactPerson" and verb == "restore":
            verb = "update"
        given = self._which(verb, kind)
        if verb in ("create", "update"):
            given |= self._members(verb, kind, given.get("customerId"))
        given |= self._controls(verb, given)
        step = (who, verb, kind, given)
        self.sent.append(step)
        return step

    def _which(self, verb: str, kind: str) -> dict[str, Any]:
        if verb == "create" and kind == "Customer":
            return {"companyId": self.random.choice(["company"] * 9 + [UNKNOWN["Company"]])}
        of = self.rows.customers if verb == "create" or kind == "Customer" else self.rows.people
        name = (
            {"Customer": "customerId", "ContactPerson": "contactPersonId"}[kind] if verb != "create" else "customerId"
        )
        ids = [row.id for row in of[-6:]] or [UNKNOWN["Customer" if name == "customerId" else kind]]
        return {name: self.random.choice(ids)}

    def _members(self, verb: str, kind: str, row: str | None) -> dict[str, Any]:
        members = list(CUSTOMER if kind == "Customer" else PERSON)
        chosen = [name for name in members if self.random.random() < 0.3]
        self.random.shuffle(chosen)
        given = {name: self.random.choice((BAD if self.random.random() < 0.1 else GOOD)[name]) for name in chosen}
        if {"discount", "discountType"} & given.keys() and self.random.random() < 0.7:
            given |= {"discount": "5.00", "discountType": self.random.choice(["PERCENT", "AMOUNT"])}
        if kind == "Customer" and verb == "create" and given.get("name") is None:
            given["name"] = "A"
        if kind == "Customer" and self.random.random() < 0.35:
            own = [one.id for one in self.rows.people if one.whole is not None and one.whole.id == row]
            given["contactPersons"] = [self._item(own) for _ in range(self.random.randrange(4))]
        return given

    def _item(self, own: list[str]) -> dict[str, Any]:
        self.serial += 1
        item: dict[str, Any] = {"firstName": self.random.choice(["", "Ann"])}
        if self.random.random() < 0.8:
            item["lastName"] = f"N{self.serial}"
        if own and self.random.random() < 0.8:
            item = {"id": self.random.choice(own), **{name: item[name] for name in item if self.random.random() < 0.4}}
        return item

    def _controls(self, verb: str, given: dict[str, Any]) -> dict[str, Any]:
        draw, found = self.random, dict[str, Any]()
        if verb != "create" and draw.random() < 0.6:
            rows = {row.id: row.version for row in (*self.rows.customers, *self.rows.people)}
            version = next((rows[value] for value in given.values() if isinstance(value, str) and value in rows), 1)
            found["expectedVersion"] = version if draw.random() < 0.8 else version + 1
        if draw.random() < 0.3:
            found["idempotencyKey"] = draw.choice(["k1", "k2", "k3"])
        if draw.random() < 0.15:
            found["validateOnly"] = True
        return found


class Play:
    """One company in the product and in the model."""

    def __init__(self, desk: Desk, firm: Firm, reader: str) -> None:
        self.desk, self.firm, self.reader, self.model = desk, firm, reader, Model()

    def token(self, who: str) -> str:
        """The credential of somebody."""
        if who == "stranger":
            return self.desk.other["owner"].token
        return self.reader if who == "reader" else self.firm[who].token

    async def step(self, who: str, verb: str, kind: str, given: dict[str, Any]) -> None:
        """Send a mutation, and compare its answer with that of the model."""
        write = write_of(kind, WriteAction(verb))
        people = "contactPersons { id firstName lastName version }" if kind == "Customer" else ""
        whole = "customer { id version }" if kind == "ContactPerson" else ""
        selection = (
            f"{write.member} {{ id {FIELDS[kind]} version {people} }} {whole} replayed errors {{ code field reason }}"
        )
        sent = {name: self.firm.id if value == "company" else value for name, value in given.items()}
        result = await self.desk.send(self.token(who), document(write, selection), input=sent)
        payload = orjson.loads(result.data or b"null")[write.operation]
        said = self.model.send(PEOPLE[who], verb, kind, given)
        step = f"{who} {verb}{kind} {given}"
        if said.top is not None:
            assert ([error.code.value for error in result.errors], payload) == ([said.top], None), step
            return
        assert (result.errors, payload["replayed"]) == ((), said.replayed), step
        errors = [(error["code"], ".".join(error["field"]), error["reason"]) for error in payload["errors"]]
        assert errors == said.errors, step
        if said.made:
            await self._learn(said)
        self._compare(PEOPLE[who], kind, said, payload, write.member, step)
        await self._compare_rows(step)

    async def _learn(self, said: Said) -> None:
        """Give new rows their ids: the newest of the database, in their order."""
        for row, table, prefix in (
            (row, "contact" if row.whole is None else "contact_person", "cus" if row.whole is None else "cop")
            for row in said.made
        ):
            names = "number" if row.whole is None else "first_name || '/' || last_name"
            value = (
                f"C{row.values['number']:05}"
                if row.whole is None
                else f"{row.values['firstName']}/{row.values['lastName']}"
            )
            query = (
                f"select id from {table} where company_id = $1 and {names} = $2 and id <> all($3) order by id limit 1"
            )
            known = [one.id[4:] for one in (*self.model.customers, *self.model.people) if one.id]
            key = await self.desk.connection.fetchval(query, self.firm.key, value, known)
            assert key is not None, "a row is missing"
            row.id = f"{prefix}_{key.hex}"

    def _compare(self, viewer: Viewer, kind: str, said: Said, payload: Any, member: str, step: str) -> None:
        row = payload[member]
        if said.row is None:
            assert row is None, step
        elif row is not None or not said.row.deleted:
            people: list[dict[str, Any]] = row.pop("contactPersons", []) if row is not None else []
            assert row == {"id": said.row.id, **model.shown(viewer, said.row)}, step
            if kind == "Customer":
                own = [one for one in self.model.people if one.whole is said.row and not one.deleted]
                assert {one["id"]: one for one in people} == {one.id: self._person(one) for one in own}, step
        if kind == "ContactPerson" and (said.whole is None or not said.whole.deleted):
            assert payload["customer"] == (
                {"id": said.whole.id, "version": said.whole.version} if said.whole else None
            ), step

    def _person(self, row: Row) -> dict[str, Any]:
        return {"id": row.id, **row.values, "version": row.version}

    async def _compare_rows(self, step: str) -> None:
        """Everything that is stored, hidden or deleted too."""
        fetch, key = self.desk.connection.fetch, self.firm.key
        query = """select id::text, name, external_id, sequence_number, discount::text, discount_type, currency,
            version, deleted_at is not null from contact where company_id = $1"""
        found = sorted(tuple(row) for row in await fetch(query, key))
        names = ("name", "externalId", "number", "discount", "discountType", "currency")
        assert found == sorted(
            (_uuid(row.id), *(row.values[name] for name in names), row.version, row.deleted)
            for row in self.model.customers
        ), step
        query = """select id::text, customer_id::text, first_name, last_name, version, deleted_at is not null
            from contact_person where company_id = $1"""
        found = sorted(tuple(row) for row in await fetch(query, key))
        assert found == sorted(
            (_uuid(row.id), _uuid(row.whole.id), *(row.values[name] for name in PERSON), row.version, row.deleted)
            for row in self.model.people
            if row.whole is not None
        ), step
        query = "select count(*) from change where company_id = $1"
        assert await self.desk.connection.fetchval(query, key) == self.model.changes, step


def _uuid(id_: str) -> str:
    return "-".join((id_[4:12], id_[12:16], id_[16:20], id_[20:24], id_[24:]))


@pytest.mark.sampled(8)
@pytest.mark.parametrize("seed", range(24))
async def test_the_engine_does_what_the_model_says(desk: Desk, seed: int) -> None:
    firm, reader = await Firm.found(desk.connection, *EVERY_APP), new_token("enk")
    await desk.connection.execute(MAKE_CREDENTIAL, hash_token(reader), firm["owner"].account, True)
    here = Desk(firm, desk.other, desk.connection, desk.executor, desk.dsn)
    await here.allow(firm["anna"], App.DISCOUNTS)
    await here.allow(firm["bram"])
    play = Play(here, firm, reader)
    drawing = Drawing(seed, play.model)
    for _ in range(STEPS):
        await play.step(*drawing.step())
    assert play.model.changes >= LEAST
