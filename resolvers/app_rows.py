"""The schema's catalogue of apps as rows of the database."""

from db.app_catalogue import AppRow
from schema.apps import CATALOGUE, AppEntry, app_description, app_label
from schema.localization.language import Language


def app_rows() -> tuple[AppRow, ...]:
    """Every app in catalogue order, with its texts in all languages of the product."""
    return tuple(_row(rank, entry) for rank, entry in enumerate(CATALOGUE.values()))


def _row(rank: int, entry: AppEntry) -> AppRow:
    return AppRow(
        id=entry.app.name,
        position=entry.position,
        rank=rank,
        kind=entry.kind.name,
        category=entry.category,
        always_visible=entry.always_visible,
        plan=entry.plan.name,
        requires=tuple(app.name for app in entry.requires),
        texts={
            language.name: (app_label(entry.app, language), app_description(entry.app, language))
            for language in Language
        },
    )
