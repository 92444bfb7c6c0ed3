"""Templates: e-mails for each kind of document, and texts above the lines of documents."""

from collections.abc import Iterator
from datetime import timedelta

from db.demo.scene import Scene
from db.demo.words.emails import EMAILS, FAREWELLS, REMINDERS, TOP_TEXT_NAMES
from db.demo.words.wording import TOP_TEXTS

SENT = ("QUOTE", "INVOICE", "CREDIT_NOTE", "ORDER_CONFIRMATION", "DELIVERY_NOTE", "PAYMENT_REQUEST", "PURCHASE_ORDER")
TRIED = ("QUOTE", "INVOICE")

Email = tuple[str, str, str, str, str]
"""Kind, language, name, subject and body."""


def play(scene: Scene) -> None:
    """Add all templates where the apps are used, else the first ones of the trial."""
    chance, at = scene.chance("templates"), scene.created + timedelta(days=4, hours=1)
    for rank, (kind, language, name, subject, body) in enumerate(_emails(scene), start=1):
        scene.add(
            "email_template",
            at + timedelta(minutes=rank),
            chance,
            document_kind=kind,
            language=language,
            name=name,
            subject=subject,
            body=f"{body}\n\n{FAREWELLS[language]}",
            rank=rank,
        )
    for rank, (language, name, text) in enumerate(_top_texts(scene), start=1):
        scene.add(
            "top_text_template",
            at + timedelta(hours=1, minutes=rank),
            chance,
            name=name,
            language=language,
            text=text,
            rank=rank,
        )


def _emails(scene: Scene) -> Iterator[Email]:
    own = scene.language
    others = [language for language in FAREWELLS if language != own]
    if not scene.has("STANDARD_EMAILS"):
        others = others[:1] if scene.has("FOREIGN_LANGUAGE_CUSTOMERS") else []
    for language in (own, *others):
        for kind in SENT if scene.has("STANDARD_EMAILS") else TRIED:
            if (kind, language) in EMAILS:
                yield (kind, language, *EMAILS[kind, language])
        if language in REMINDERS and scene.has("STANDARD_EMAILS"):
            yield ("INVOICE", language, *REMINDERS[language])


def _top_texts(scene: Scene) -> Iterator[tuple[str, str, str]]:
    for language in ("FR", "NL") if scene.has("EXTRA_TEXT_FIELDS") and scene.index < 2 else (scene.language,):
        texts = [*zip(TOP_TEXT_NAMES[language], TOP_TEXTS[language], strict=True)]
        for name, text in texts if scene.has("EXTRA_TEXT_FIELDS") else texts[:1]:
            yield language, name, text
