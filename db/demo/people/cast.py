"""The people of more than one company: the accountants, and the seller who works for two."""

from dataclasses import dataclass
from datetime import date

from db.demo.chance import first_morning, stream
from db.demo.people.people import Accounts, Name
from db.demo.rows import AccountRow


@dataclass(frozen=True, slots=True)
class Shared:
    """The accounts that several companies share, and the factory of all others."""

    accounts: Accounts
    accountant: AccountRow
    former_accountant: AccountRow
    noah: AccountRow


def engage(today: date, password_hash: str) -> Shared:
    """Create the shared accounts, and the accountant without clients."""
    accounts = Accounts(password_hash, stream("accounts"))
    former = accounts.add(
        Name("Bernard", "Maréchal", "FR"), first_morning(today, 1190), "ancien-cabinet", office="Cabinet Maréchal"
    )
    accountant = accounts.add(
        Name("Claire", "Fontaine", "FR"), first_morning(today, 1170), "compta", office="Fiduciaire Fontaine & Associés"
    )
    accounts.add(
        Name("Didier", "Nihant", "FR"), first_morning(today, 240), "hors-ligne", office="Bureau Nihant Comptabilité"
    )
    noah = accounts.add(Name("Noah", "Claes", "FR"), first_morning(today, 712), "noah")
    return Shared(accounts, accountant, former, noah)
