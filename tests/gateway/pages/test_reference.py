"""reference.py: what the page says is what the product does."""

import json
from pathlib import Path
from typing import Any

from graphql import build_schema, is_specified_scalar_type, parse
from graphql.language import FieldDefinitionNode, ObjectTypeDefinitionNode

from gateway.cli.sdl import current
from gateway.cli.settings import explain
from gateway.pages.reference import reference_json
from gateway.settings import Settings
from schema import schema
from schema.apps import CATALOGUE
from schema.errors import ErrorCode, UserErrorCode, ValidationReason
from tests.support.databases import Databases
from tests.support.demo_client import open_demo

REFERENCE: dict[str, Any] = json.loads(reference_json(schema.core))
TYPES = {type_["name"]: type_ for type_ in REFERENCE["types"]}


def stated_gates(field: FieldDefinitionNode) -> list[str]:
    """The gates that the schema's text states on a field."""
    gating = [one for one in field.directives or () if one.name.value in ("requiresApp", "requiresRole")]
    return [getattr(one.arguments[0].value, "value", "") for one in gating if one.arguments]


def test_every_type_has_the_fields_and_gates_of_the_schemas_text() -> None:
    objects = [node for node in parse(current()).definitions if isinstance(node, ObjectTypeDefinitionNode)]
    assert len(objects) > 200
    gated = 0
    for node in objects:
        stated = {field.name.value: stated_gates(field) for field in node.fields or ()}
        shown = {field["name"]: field.get("gates", []) for field in TYPES[node.name.value]["fields"]}
        always = {app.name for app, entry in CATALOGUE.items() if entry.always_visible}
        assert shown == {name: [gate for gate in gates if gate not in always] for name, gates in stated.items()}
        gated += sum(map(bool, shown.values()))
    assert gated > 300


def test_each_gate_has_its_label_in_every_language() -> None:
    used = {
        gate
        for type_ in REFERENCE["types"]
        for one in (type_, *type_.get("fields", ()))
        for gate in one.get("gates", ())
    }
    assert used <= REFERENCE["gates"].keys()
    assert all(labels.keys() == {"fr", "nl", "en", "de"} for labels in REFERENCE["gates"].values())
    assert REFERENCE["gates"]["DISCOUNTS"]["fr"] != REFERENCE["gates"]["DISCOUNTS"]["en"]


def test_all_errors_and_settings_are_there() -> None:
    codes = [line["code"] for line in REFERENCE["errors"]]
    assert codes == [
        *(code.value for code in ErrorCode),
        *(code.name for code in UserErrorCode),
        *(reason.name for reason in ValidationReason),
    ]
    assert len(REFERENCE["settings"]) == len(Settings.model_fields)
    assert {"DATABASE_URL", "ENFACT_CONSOLE", "ENFACT_PORT"} <= {setting["name"] for setting in REFERENCE["settings"]}


def test_settings_are_explained_as_by_the_command() -> None:
    by_command = {line.variable: (line.default, line.meaning) for line in explain({})}
    of_machine = {"ENFACT_DATA": ("", by_command["ENFACT_DATA"][1])}
    shown = {setting["name"]: (setting["default"], setting["text"]) for setting in REFERENCE["settings"]}
    assert shown == by_command | of_machine
    assert (shown["ENFACT_PORT"][0], shown["ENFACT_SERVER_TIMING"][0], shown["DATABASE_URL"][0]) == (
        "8000",
        "false",
        "",
    )


def test_nothing_of_this_machine_is_told() -> None:
    assert str(Path.home()) not in json.dumps(REFERENCE["settings"])


async def test_the_reference_names_what_the_callers_schema_does_and_nothing_else(databases: Databases) -> None:
    """By session cookie or token, as /schema.graphql; nobody signed in, or not any more, gets what strangers get."""
    async with open_demo(databases) as demo:
        shown: dict[str, str] = {}
        for who in ("", "noah", "lambert"):
            token = await demo.token(who) if who else ""
            headers = {"authorization": f"Bearer {token}"} if who else {}
            sdl = build_schema((await demo.client.get("/schema.graphql", headers=headers)).text)
            cookie = {"cookie": f"enfact_session={token}", "x-enfact-request": "1"} if who else {}
            response = await demo.client.get("/console/reference.json", headers=cookie)
            shown[who] = response.text
            types = {
                one["name"]: {member["name"] for member in one.get("fields", ())} for one in response.json()["types"]
            }
            assert types == {
                name: set(getattr(type_, "fields", ()))
                for name, type_ in sdl.type_map.items()
                if not name.startswith("__") and not is_specified_scalar_type(type_)
            }
            assert len(response.json()["settings"]) == len(Settings.model_fields)
            same = await demo.client.get("/console/reference.json", headers=headers)
            assert (same.text, same.headers["etag"]) == (shown[who], response.headers["etag"])
        assert len(set(shown.values())) == 3
        assert "StockMovement" not in shown[""]
        over = {"cookie": "enfact_session=enf_over", "x-enfact-request": "1"}
        assert (await demo.client.get("/console/reference.json", headers=over)).text == shown[""]
        unknown = await demo.client.get("/console/reference.json", headers={"authorization": "Bearer enf_over"})
        assert unknown.status_code == 401
