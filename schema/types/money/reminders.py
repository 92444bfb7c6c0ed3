"""Reminders of unpaid invoices: the rules, and the sent reminders."""

import datetime

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.documents import Invoice


@entity("rul", App.REMINDERS, description="When customers are reminded of an unpaid invoice, and how.")
class ReminderRule(Node):
    name: str = field("Its name.")
    days_after_due: int = field("Days after the last day to pay.")
    term: int = field("Days that the customer gets once more.")
    text: str = field("What the reminder says.")


@entity("rmd", App.REMINDERS, App.INVOICES, description="A reminder that was sent.")
class Reminder(Node):
    rule: ReminderRule | None = field("The rule that it followed.")
    at: datetime.datetime = field("When it was sent.")
    to: str = field("The address that it was sent to.")


@filter_object("Which rules of reminders.")
class ReminderRuleFilter:
    name: TextCriterion | None = reads(ReminderRule, "name")


ReminderRuleOrder = order_enum("ReminderRuleOrder", ReminderRule, "days_after_due", "name")


@extends(Company)
class CompanyReminders:
    reminder_rules: Connection[ReminderRule] | None = connection(
        "When customers are reminded.", filter=ReminderRuleFilter, order=ReminderRuleOrder
    )


@extends(Invoice)
class InvoiceReminders:
    reminders: list[Reminder] | None = field("The reminders that were sent.")
    automatic_reminders: bool | None = gated("Whether the customer is reminded without anybody asking.", App.REMINDERS)
