"""Default values of a company's new documents."""

import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.fields import enum_value, field, gated
from schema.declarations.object_types import extends, thing
from schema.types.core.company import Company


@strawberry.enum(description="How a company stands to value added tax.")
class VatRegime(Enum):
    NORMAL = enum_value("NORMAL", "It charges tax and files returns.")
    SMALL_BUSINESS = enum_value("SMALL_BUSINESS", "Exempt as a small business, up to 25,000 euro a year.")
    ARTICLE_44 = enum_value("ARTICLE_44", "Exempt by article 44, as doctors and teachers are.")


@thing("dfl", description="What new documents begin with.")
class Defaults:
    vat_rate: decimal.Decimal = field("The usual rate of value added tax, in percent.")
    vat_rates: list[decimal.Decimal] = field("The rates to choose from, in percent.")
    vat_regime: VatRegime = field("How the company stands to value added tax.")
    prices_incl: bool = field("Whether prices are entered with tax.")
    quote_validity_days: int = field("Days that a quote is valid.")
    payment_term_days: int = field("Days that a customer has to pay.")
    end_of_month: bool = field("Whether the term is counted from the end of the month.")


@extends(Company)
class CompanyDefaults:
    defaults: Defaults | None = gated("What new documents begin with.", App.DEFAULT_VALUES)
