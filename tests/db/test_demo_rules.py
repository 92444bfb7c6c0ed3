"""The demo keeps to the rules of business: each rule is a query for rows that break it, over every company."""

from typing import Final

import pytest

from db.connection import Connection
from tests.db.test_demo import demo, demo_dsn

__all__ = ["demo", "demo_dsn"]

BROKEN: Final[dict[str, str]] = {
    "a company without a number charges no tax": """
        select d.id from document d join company c on c.id = d.company_id
        where c.vat_number is null and d.customer_id is not null and d.supplier_id is null and d.total_vat <> 0
    """,
    "nor do its lines": """
        select l.id from document_line l join document d on (d.company_id, d.id) = (l.company_id, l.document_id)
        join company c on c.id = d.company_id
        where c.vat_number is null and d.kind in ('QUOTE', 'INVOICE', 'CREDIT_NOTE') and l.vat_rate <> 0
    """,
    "who is invoiced without tax has no line with tax": """
        select d.id from document d join contact c on (c.company_id, c.id) = (d.company_id, d.customer_id)
        where c.vat_exception is not null and d.kind in ('QUOTE', 'INVOICE', 'CREDIT_NOTE') and d.total_vat <> 0
    """,
    "a title has no amounts": """
        select id from document_line
        where type = 'SECTION' and (quantity, price, vat_rate, total_excl, total_vat, total_incl) <> (0, 0, 0, 0, 0, 0)
    """,
    "the credit notes on an invoice are within it": """
        select i.id from document i
        join document n on (n.company_id, n.source_document_id, n.kind) = (i.company_id, i.id, 'CREDIT_NOTE')
        where i.kind = 'INVOICE'
        group by i.company_id, i.id having sum(n.total_incl) > i.total_incl
    """,
    "who cannot be reached by Peppol gets nothing by it": """
        select d.id from document d join contact c on (c.company_id, c.id) = (d.company_id, d.customer_id)
        where d.peppol_status is not null and c.peppol_reachable is not true
    """,
    "since 2026 Belgian businesses who can be reached are invoiced by Peppol": """
        select d.id from document d join contact c on (c.company_id, c.id) = (d.company_id, d.customer_id)
        where d.kind = 'INVOICE' and d.status <> 'DRAFT' and d.date >= '2026-01-01' and c.vat_number like 'BE%'
          and d.peppol_status is null and c.peppol_reachable is not false
    """,
    "a document cannot be paid by more than it asks for": """
        select i.id from document i join payment_allocation a on (a.company_id, a.invoice_id) = (i.company_id, i.id)
        group by i.company_id, i.id having sum(a.amount) > i.total_incl
    """,
}  # fmt: skip


@pytest.mark.parametrize("rule", BROKEN)
async def test_no_company_of_the_demo_breaks_a_rule(demo: Connection, rule: str) -> None:
    assert len(await demo.fetch(BROKEN[rule])) == 0
