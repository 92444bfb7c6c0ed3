"""Operations: trusted documents, the limits of any document, the statuses of answers."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from gateway.setting_groups.group import SettingGroup
from resolvers.request_limits import MAX_COST, Limits

DOCUMENT: Final = Limits()


class OperationSettings(SettingGroup):
    """Operations: trusted documents, the limits of any document, the statuses of answers."""

    documents: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="Manifests of trusted documents, with commas between them: JSON files as graphql-codegen, "
        "relay-compiler and Apollo's generate-persisted-query-manifest write them, or files .graphql of named "
        "operations. Clients name what they ask by id; operations of the console are always known.",
    )
    documents_only: bool = Field(
        default=False,
        description="Whether operations of these manifests, and of the console, are all that is admitted, from "
        "everybody, ids only.",
    )
    plan_changes: bool = Field(
        default=True,
        description="Whether owners change the plan of their company themselves (changePlan); off is for operators who "
        "do that after a payment, by enfact plan set.",
    )
    deadline: float = Field(
        default=10.0, gt=0, le=300, description="Seconds after which a request is given up and answered with TIMEOUT."
    )
    max_cost: int = Field(
        default=MAX_COST,
        ge=1_000,
        description="What an operation may cost, about the number of values of its answer, lists taken to be full; "
        "more is refused before anything runs. Who asks with extensions {cost: true} is told.",
    )
    max_batch: int = Field(
        default=50,
        ge=0,
        le=50,
        description="Requests that one JSON array may have, from clients with a credential. They run one after the "
        "other, together within one deadline and one ENFACT_MAX_COST; each counts for the rates. 0 or 1 is off.",
    )
    max_document: int = Field(
        default=DOCUMENT.source,
        ge=1_024,
        le=1_000_000,
        description="Characters that a document may have; trusted ones 4 times. Where it is raised, the numbers of "
        "tokens, comments, fields, fragments, directives and items of a list that a document may have rise with it.",
    )
    max_depth: int = Field(
        default=DOCUMENT.depth,
        ge=1,
        le=25,
        description="Levels of fields that a document may have; trusted ones 4 times.",
    )
    max_aliases: int = Field(
        default=DOCUMENT.aliases, ge=0, le=1_000, description="Aliases that a document may have; trusted ones 4 times."
    )
    max_root_fields: int = Field(
        default=DOCUMENT.root_fields,
        ge=1,
        le=200,
        description="Fields at the root of an operation; trusted ones 4 times. Tools that batch queries into one "
        "document need more of these, and of ENFACT_MAX_ALIASES.",
    )
    partial_status: Literal["294", "200"] = Field(
        default="294",
        description="The HTTP status of data beside errors, for clients that name application/graphql-response+json in "
        "Accept; others get 200.",
    )
    legacy_status: Literal["spec", "200"] = Field(
        default="spec",
        description="The HTTP status of a request whose document or variables are at fault, for clients that do not "
        "accept application/graphql-response+json: spec is 400 or 422; with 200 every answer to them is "
        "application/json, as clients from before the specification expect.",
    )

    @field_validator("documents", mode="before")
    @classmethod
    def _split_documents(cls, paths: object) -> object:
        return tuple(part.strip() for part in paths.split(",") if part.strip()) if isinstance(paths, str) else paths

    @field_validator("documents_only")
    @classmethod
    def _check_documents_only(cls, only: bool, info: ValidationInfo) -> bool:
        if only and not info.data.get("documents"):
            raise ValueError("needs ENFACT_DOCUMENTS, the manifests with the operations that are admitted")
        return only

    @property
    def limits(self) -> Limits:
        """The limits on the size of documents."""
        longer = DOCUMENT.of_length(self.max_document)
        return replace(longer, depth=self.max_depth, aliases=self.max_aliases, root_fields=self.max_root_fields)
