"""The apps behind each field as a module of TypeScript, for clients that show why something is missing."""

import json
from typing import Final

from graphql import is_introspection_type

from resolvers.gates.coordinates import Fields
from resolvers.gates.needs import field_need
from schema import schema
from schema.apps import App

HEAD: Final = """\
// The apps that a viewer needs to see a field, by type and field. Made by `enfact apps --typescript`.
"""


def module() -> str:
    """The module: the type `App`, the constant `appsOfField` and the type of its keys, `GatedField`."""
    apps = " |\n".join(f"  {json.dumps(app.name)}" for app in App)
    lines = "\n".join(f"  {json.dumps(field)}: {json.dumps(needed)}," for field, needed in _apps_of_fields().items())
    return (
        f"{HEAD}export type App =\n{apps};\n\nexport const appsOfField = {{\n{lines}\n}} as const satisfies "
        "Record<string, readonly App[]>;\n\nexport type GatedField = keyof typeof appsOfField;\n"
    )


def _apps_of_fields() -> dict[str, list[str]]:
    """From `Type.field` to the apps of its gates and of its value's, for each field that needs any."""
    return {
        f"{type_.name}.{name}": apps
        for type_ in schema.core.type_map.values()
        if isinstance(type_, Fields) and not is_introspection_type(type_)
        for name, field in type_.fields.items()
        if (apps := [gate.name for gate in field_need(field) if isinstance(gate, App)])
    }
