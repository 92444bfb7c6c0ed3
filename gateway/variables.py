"""Settings as variables of the environment: their names, and their values as text."""

from pydantic.fields import FieldInfo


def variable(name: str) -> str:
    """The variable of a setting; the names in upper case are variables already."""
    return name if name.isupper() else f"ENFACT_{name.upper()}"


def variable_of(name: str, field: FieldInfo) -> str:
    """The variable of a declared setting."""
    return variable(str(field.validation_alias or name))


def text_of(value: object) -> str:
    """A value of a setting as its variable has it; empty for None."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case frozenset() | tuple():
            return ",".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return str(value)
