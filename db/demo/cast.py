"""The people whom several companies share: the accountants, and the seller who works in two places."""

from dataclasses import dataclass
from datetime import date

from db.demo.chance import stream
from db.demo.companies import first_morning
from db.demo.people import Accounts, Name
from db.demo.rows import AccountRow


@dataclass(frozen=True, slots=True)
class Shared:
    """Accounts that more than one company meets, and the maker of all others."""

    accounts: Accounts
    accountant: AccountRow
    former_accountant: AccountRow
    noah: AccountRow


def engage(today: date, password_hash: str) -> Shared:
    """Make the shared accounts, and the accountant whom nobody has let in."""
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
