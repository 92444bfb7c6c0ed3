"""The texts of the pages that the gateway writes itself, in the reader's language."""

from typing import Final

from schema.localization.language import Language
from schema.localization.translate import translate

NOTHING_HERE: Final = "There is no page at this address."
TO_THE_CONSOLE: Final = "To the console"
PAGE_TEXTS: Final = (NOTHING_HERE, TO_THE_CONSOLE)


def page_text(language: Language, text: str) -> str:
    """One of `PAGE_TEXTS` in a language. Raises LookupError for a text without translation."""
    return translate(language, "page", text)
