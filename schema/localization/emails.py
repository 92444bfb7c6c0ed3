"""The texts of e-mails ("letters"): takes a letter's kind and facts, writes subject and body in the reader's language.

Names may come from strangers: they are cut short, and no mail program can make a link of them.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schema.localization.language import Language
from schema.localization.translate import translate

LONGEST_NAME: Final = 80
"""Maximum number of characters of a name in a letter."""

SEPARATORS: Final = frozenset({"Zl", "Zp"})
LINKING: Final = re.compile(r"[/\\@:<>\s]+")
DOMAIN: Final = re.compile(r"(?<=\w)([.\u3002\uff0e\uff61])(?=\w\w)")


@dataclass(frozen=True, slots=True)
class LetterTexts:
    """The English texts of a letter: the link follows `request`; `otherwise` is for a reader who did not expect it.

    An `otherwise` that ends with a colon is followed by a link of its own.
    """

    subject: str
    request: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in the reader's language; the body is plain text."""

    subject: str
    body: str


LETTERS: Final[Mapping[str, LetterTexts]] = {
    "INVITATION": LetterTexts(
        "{company} invites you",
        "{company} invites you to work in its file on enFact. Open this link to accept:",
        "If you did not expect this letter, you can ignore it: nothing happens without you.",
    ),
    "CONFIRMATION": LetterTexts(
        "Confirm your e-mail address",
        "Somebody, most likely you, signed up to enFact with this address. Open this link where you are signed in, or "
        "with your password at hand, to confirm that it is yours:",
        "If it was not you, open this link: what somebody else did with your address ends, and it is yours alone:",
    ),
    "PASSWORD_RESET": LetterTexts(
        "Choose a new password",
        "Somebody, most likely you, asked for a new password on enFact. Open this link to choose one, which ends your "
        "sessions and API keys:",
        "If it was not you, you can ignore this letter: your password stays as it is.",
    ),
    "ACCESS_NOTICE": LetterTexts(
        "{company} gives you access",
        "{company} gave you access to its file on enFact. Sign in to find it among your companies:",
        "If you did not expect this letter, please ask the company about it before you open its file.",
    ),
}
"""The letters, by kind."""

BY_ACCOUNTANT: Final = LetterTexts(
    "{accountant} prepared your file",
    "{accountant} created the file of {company} on enFact for you and works in it as your accountant; you can end this "
    "access at any time. Open this link to become the owner of the file:",
    "If you do not know {accountant}, you can ignore this letter: nothing happens without you.",
)
"""The invitation of the first owner of a company that an accountant created."""

STARTS_EMPTY: Final = (
    "Somebody signed up with this address and never confirmed it. If that was you, open the link where you are signed "
    "in: otherwise your account starts empty, and a company that was founded with it loses its owner."
)
"""The warning to a reader whose account starts empty unless its session or password is shown, too."""

GREETING, GREETING_WITHOUT_NAME = "Hello {name},", "Hello,"
DAYS = "The link works for {days} days, and only once."
MINUTES = "The link works for {minutes} minutes, and only once."
SIGNATURE: Final = "enFact"


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a letter: `company` is the company's name, `lives` the lifetime of the link (None: without end).

    `accountant` created the company, in an invitation of its first owner. `other_link` is for a reader who did not
    expect the letter. `starts_empty`: the reader's account starts empty.
    """

    company: str | None = None
    lives: timedelta | None = None
    accountant: str | None = None
    other_link: str | None = None
    starts_empty: bool = False


def write_letter(kind: str, language: Language | str, *, link: str, name: str, facts: Facts) -> Written:
    """The letter of a kind of `LETTERS`; `name` is the reader's.

    Raises KeyError for an unknown kind, ValueError for an unknown language.
    """
    texts = BY_ACCOUNTANT if kind == "INVITATION" and facts.accountant is not None else LETTERS[kind]
    named = {"company": facts.company, "accountant": facts.accountant}
    values = {"name": plain(name), **{member: plain(text or "") or "…" for member, text in named.items()}}

    def translated(text: str) -> str:
        return translate(language, "letter", text, **values)

    greeting = translated(GREETING if values["name"] else GREETING_WITHOUT_NAME)
    validity = [] if facts.lives is None else [_validity(language, facts.lives)]
    warning = [translated(STARTS_EMPTY)] if facts.starts_empty else []
    otherwise = translated(texts.otherwise) + (f"\n{facts.other_link}" if facts.other_link is not None else "")
    paragraphs = [greeting, f"{translated(texts.request)}\n{link}", *validity, *warning, otherwise, SIGNATURE]
    return Written(translate(language, "letter-subject", texts.subject, **values), "\n\n".join(paragraphs) + "\n")


def plain(name: str) -> str:
    """A name for a letter and its subject: one line, cut short, without characters that would make it a link."""
    seen = "".join(" " if _is_invisible(character) else character for character in name)
    line = DOMAIN.sub(r"\1 ", LINKING.sub(" ", seen)).strip()
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1].rstrip() + "…"


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("C") or category in SEPARATORS


def _validity(language: Language | str, lives: timedelta) -> str:
    if lives < timedelta(days=2):
        return translate(language, "letter", MINUTES, minutes=str(lives // timedelta(minutes=1)))
    return translate(language, "letter", DAYS, days=str(lives.days))
