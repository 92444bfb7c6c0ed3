"""The problems of an input, which a payload shows as `errors`: why nothing was written, for programs and for people."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import orjson

from schema.apps import CATALOGUE, App, app_label
from schema.errors import REASONS, UserErrorCode, ValidationReason, user_message
from schema.localization.field_labels import field_label
from schema.localization.language import Language
from schema.roles import Role


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a problem where that is no value of the input: a global id, and the path of a field from there."""

    id: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserProblem:
    """One entry for the `errors` of a payload; `values` fills the message's placeholders in the viewer's language.

    `text` replaces the message of the code or reason; it is one of `schema.errors.EXPLANATIONS`.
    """

    code: UserErrorCode
    field: tuple[str, ...] | None = None
    values: Callable[[Language], Mapping[str, str]] = lambda language: {}
    text: str | None = None
    reason: ValidationReason | None = None
    app: App | None = None
    role: Role | None = None
    about: Subject | None = None


def invalid(
    path: tuple[str, ...], reason: ValidationReason, text: str | None = None, /, **values: object
) -> UserProblem:
    """The problem of a value at a path in the input (VALIDATION), named as people call it."""
    member = next((step for step in reversed(path) if not step.isdigit()), "")
    texts = {name: str(value) for name, value in values.items()}

    def fill(language: Language) -> Mapping[str, str]:
        return {"field": field_label(member, language), **texts}

    return UserProblem(UserErrorCode.VALIDATION, path, fill, text or REASONS[reason], reason)


def about_app(code: UserErrorCode, app: App, path: tuple[str, ...]) -> UserProblem:
    """The problem at a path in the input whose message names an app."""
    return UserProblem(code, path, lambda language: {"app": app_label(app, language)})


def plan_required(app: App, path: tuple[str, ...]) -> UserProblem:
    """The problem with an app that is above the company's plan (PLAN_REQUIRED)."""
    plan = CATALOGUE[app].plan.name.title()
    return UserProblem(
        UserErrorCode.PLAN_REQUIRED, path, lambda language: {"app": app_label(app, language), "plan": plan}
    )


def reached(most: int, text: str) -> UserProblem:
    """The problem of a reached maximum (LIMIT_REACHED); `text` says what to do about it."""
    return UserProblem(UserErrorCode.LIMIT_REACHED, None, lambda language: {"most": str(most)}, text)


def problems_json(problems: Iterable[UserProblem], language: Language) -> str:
    """The `errors` of a payload as JSON, in a language."""
    return orjson.dumps(
        [
            {
                "code": problem.code.name,
                "message": user_message(problem.code, language, problem.text, **problem.values(language)),
                "field": problem.field,
                "reason": problem.reason.name if problem.reason is not None else None,
                "app": problem.app.name if problem.app is not None else None,
                "role": problem.role.name if problem.role is not None else None,
                "about": problem.about,
            }
            for problem in problems
        ]
    ).decode()
