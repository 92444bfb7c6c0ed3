"""The criteria of filters: one input object for each sort of value. All given operators must hold."""

import datetime
import decimal

import strawberry

from schema.declarations.fields import input_field
from schema.declarations.object_types import input_object


@input_object("What a text must be; case, accents, kinds of apostrophe and blanks make no difference.")
class TextCriterion:
    eq: str | None = input_field("Equal to this text.")
    ne: str | None = input_field("Not equal to this text, or absent.")
    contains: str | None = input_field("Has this text in it, one or two letters or digits at the beginning of a word.")
    starts_with: str | None = input_field("Starts with this text.")
    one_of: list[str] | None = input_field("One of these texts, at most 100.")
    is_null: bool | None = input_field("Whether there is no text.")


@input_object("What the id of another system must be, character by character.")
class ExternalIdCriterion:
    eq: str | None = input_field("This id.")
    one_of: list[str] | None = input_field("One of these ids, at most 100.")


@input_object("What a decimal number must be.")
class DecimalCriterion:
    eq: decimal.Decimal | None = input_field("Equal to this number.")
    ne: decimal.Decimal | None = input_field("Not this number, or none.")
    lt: decimal.Decimal | None = input_field("Less than this number.")
    lte: decimal.Decimal | None = input_field("This number or less.")
    gt: decimal.Decimal | None = input_field("More than this number.")
    gte: decimal.Decimal | None = input_field("This number or more.")
    is_null: bool | None = input_field("Whether there is no value.")


@input_object("What a day must be.")
class DateCriterion:
    eq: datetime.date | None = input_field("This day.")
    ne: datetime.date | None = input_field("Not this day, or none.")
    lt: datetime.date | None = input_field("Before this day.")
    lte: datetime.date | None = input_field("This day or before.")
    gt: datetime.date | None = input_field("After this day.")
    gte: datetime.date | None = input_field("This day or after.")
    is_null: bool | None = input_field("Whether there is no day.")


@input_object("What a moment must be.")
class DateTimeCriterion:
    eq: datetime.datetime | None = input_field("This moment.")
    ne: datetime.datetime | None = input_field("Not this moment, or none.")
    lt: datetime.datetime | None = input_field("Before this moment.")
    lte: datetime.datetime | None = input_field("This moment or before.")
    gt: datetime.datetime | None = input_field("After this moment.")
    gte: datetime.datetime | None = input_field("This moment or after.")
    is_null: bool | None = input_field("Whether there is no moment.")


@input_object("What a reference must be.")
class IdCriterion:
    eq: strawberry.ID | None = input_field("Refers to this object.")
    ne: strawberry.ID | None = input_field("Does not refer to this object.")
    one_of: list[strawberry.ID] | None = input_field("Refers to one of these objects, at most 100.")
    is_null: bool | None = input_field("Whether it refers to nothing.")
