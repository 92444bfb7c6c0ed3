"""Translation of the English texts in the code: takes a text with its context, returns it in the reader's language.

The translations are the gettext catalogues in schema/locale, each read at the first use of its language.
"""

import gettext
import io
from functools import cache
from importlib.resources import files

from schema.localization.language import Language


class _NoTranslation(gettext.NullTranslations):
    """The fallback of every catalogue: raises LookupError in place of an English answer."""

    def pgettext(self, context: str, message: str) -> str:
        raise LookupError(f"no translation of {message!r} ({context})")


def translate(language: Language | str, context: str, text: str, /, **values: str) -> str:
    """The English `text` of the code in `language`, with its placeholders filled from `values`.

    Raises ValueError for a language not in `Language`, LookupError for a text without translation, KeyError for a
    placeholder without value.
    """
    language = Language(language)
    source = text if language is Language.EN else _catalogue(language).pgettext(context, text)
    return source.format_map(values)


@cache
def _catalogue(language: Language) -> gettext.GNUTranslations:
    # Babel is slow to import, and a process that answers only in English never needs it.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with files("schema").joinpath("locale", f"{language.name.lower()}.po").open("rb") as source:
        catalogue = read_po(source)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translations = gettext.GNUTranslations(compiled)
    translations.add_fallback(_NoTranslation())
    return translations
