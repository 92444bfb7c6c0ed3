"""A company's settings for sending e-mail."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.fields import enum_value, field, gated
from schema.declarations.object_types import extends, thing
from schema.types.core.company import Company


@strawberry.enum(description="Which server sends a company's e-mail.")
class SendMode(Enum):
    ENFACT = enum_value("ENFACT", "The product's own.")
    SMTP = enum_value("SMTP", "The company's own, by SMTP.")


@thing("ems", description="How a company sends e-mail. The secret of its server is never shown.")
class EmailSettings:
    send_mode: SendMode = field("Which server sends it.")
    from_address: str | None = field("The address that it comes from.")
    cc: str | None = field("Who gets a copy.")
    bcc: str | None = field("Who gets a copy that the others do not see.")


@extends(Company)
class CompanyEmailSettings:
    email_settings: EmailSettings | None = gated("How the company sends e-mail.", App.EMAIL_SETTINGS)
