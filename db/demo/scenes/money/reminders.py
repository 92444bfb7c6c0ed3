"""Rules of reminders, and the reminders of late invoices."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from db.demo.chance import happens
from db.demo.filling import Filling, mailbox

RULES: Final = {
    "FR": (
        ("Rappel amical", 7, 8, "Sauf erreur de notre part, cette facture n’est pas encore payée."),
        ("Mise en demeure", 30, 14, "Malgré notre rappel, nous n’avons pas reçu votre paiement."),
    ),
    "NL": (
        ("Vriendelijke herinnering", 7, 8, "Tenzij wij ons vergissen, is deze factuur nog niet betaald."),
        ("Ingebrekestelling", 30, 14, "Ondanks onze herinnering ontvingen wij uw betaling niet."),
    ),
}


def remind(company: Filling) -> None:
    """Add the rules, and remind of what is late."""
    rules = [
        company.add("reminder_rule", name=name, days_after_due=days, term=term, text=text)
        for name, days, term, text in RULES[company.language]
    ]
    late = [row for row in company.invoices if row["status"] == "OVERDUE"][-30:] or company.invoices[:1]
    for row in company.invoices:
        if happens(company.chance, 0.7):
            company.scene.change(row, automatic_reminders=happens(company.chance, 0.8))
    for row in late:
        at = datetime.combine(row["due_date"] or row["date"], time(6, 30), UTC) + timedelta(days=7)
        if at.date() <= company.scene.today:
            rule = rules[0] if happens(company.chance, 0.9) else None
            company.add("reminder", at, document_id=row["id"], rule_id=rule, at=at, to=mailbox(row))
