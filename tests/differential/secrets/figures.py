"""Names of figures and search results, in which the secret columns of the other modules may show."""

from typing import Final

FIGURES: Final = ("dashboard", "report", "rows", "total", "tax", "count")
SEARCHED: Final = ("search", "customers", "products", "documents", "nodes", "totalCount")

COLUMNS: Final = ()
WORDS: Final = {
    "document": ("turnover", "openAmount", "overdueAmount", *FIGURES, *SEARCHED),
    "kind": ("turnover", "openInvoices", "overdue", "openQuotes", "unpaidPurchases", *FIGURES, *SEARCHED),
    "payment": FIGURES,
    "time_entry": ("unbilledHours", *FIGURES),
    "stock_movement": ("dashboard",),
    "product": ("dashboard", "lowStock", *SEARCHED),
    "contact": SEARCHED,
    "company": (*FIGURES, *SEARCHED),
}
