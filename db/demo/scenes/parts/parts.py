"""The parts of the product, of which every company has some rows; each is in the module of its name."""

from typing import Final

from db.demo.filling import Filling
from db.demo.scene import Scene
from db.demo.scenes.money.reminders import remind
from db.demo.scenes.parts.attachments import add_terms, attach
from db.demo.scenes.parts.defaults import set_defaults
from db.demo.scenes.parts.email_settings import set_email
from db.demo.scenes.parts.inbox import receive
from db.demo.scenes.parts.legal_notices import add_notices, print_notices
from db.demo.scenes.parts.sent_mail import send, set_balance
from db.demo.scenes.parts.templates import add_templates, choose_templates
from db.demo.scenes.parts.transfers import ask
from db.demo.scenes.sales.custom_fields import add_fields
from db.demo.scenes.sales.signatures import ask_for_signatures

AFTER: Final[tuple[str, ...]] = ()


def play(scene: Scene) -> None:
    """Add the rows of every part to a company."""
    company = Filling(scene, scene.chance("parts"), hours=2)
    templates, notices = add_templates(company), add_notices(company)
    choose_templates(company, *templates)
    print_notices(company, notices)
    terms = add_terms(company)
    set_email(company)
    set_balance(company)
    set_defaults(company)
    attach(company, terms)
    for fill in (ask_for_signatures, remind, add_fields, send, receive, ask):
        fill(company)
