"""Quotes, invoices and credit notes: numbered documents with correct totals, from customers and products."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.belgium import structured_communication
from db.demo.chance import happens, office_hour, spread, uuid7, weekday
from db.demo.rows import ContactRow, DocumentLineRow, DocumentRow
from db.demo.trade.lines import Line, Till
from db.demo.trade.repetition import repeat
from db.demo.trade.totals import ZERO, Discount, cents, document_totals, line_amount, line_totals, total_discount
from db.demo.words.wording import TOP_TEXTS, closing_text

PREFIXES = {
    "QUOTE": "O",
    "ORDER_CONFIRMATION": "C",
    "DELIVERY_NOTE": "BL",
    "INVOICE": "",
    "CREDIT_NOTE": "NC",
    "PAYMENT_REQUEST": "DP",
    "CASH_TICKET": "T",
}
"""The prefix of a document's number, before the year, by its kind."""

QUOTE_VALIDITY = timedelta(days=30)
EXCHANGE_RATES = {"GBP": Decimal("1.168000"), "CHF": Decimal("1.047000")}
"""Euros for one unit of the currency; the daily rates move around it."""


@dataclass(frozen=True, slots=True)
class Business:
    """The properties of a company that its documents depend on.

    `authors` are accounts with the day from which they write documents.
    """

    company_id: UUID
    index: int
    features: frozenset[str]
    retail: bool
    authors: Sequence[tuple[date, UUID]]


@dataclass(frozen=True, slots=True)
class Volume:
    """The number of documents from `first` to `last`; `seasons` are weights of the months, None spreads evenly.

    `unsent` is the number of drafts of each kind in the last days; `monthly` the most invoices a month by the plan.
    """

    first: date
    last: date
    quotes: int
    invoices: int
    credited: float
    seasons: tuple[int, ...] | None = None
    unsent: int = 0
    monthly: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it gets its number; `fate` is its status where the age does not determine it."""

    kind: str
    id: UUID
    at: datetime
    buyer: ContactRow | None
    lines: tuple[Line, ...]
    vat_type: str
    currency: str
    exchange_rate: Decimal
    discount: Discount | None
    fate: str | None = None
    source: UUID | None = None
    subscription: UUID | None = None


@dataclass(frozen=True, slots=True)
class SubscribedRow(DocumentRow):
    """An invoice that a subscription made."""

    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class Papers:
    """The rows of all documents of a company."""

    documents: list[DocumentRow]
    lines: list[DocumentLineRow]


def make_documents(
    business: Business, volume: Volume, buyers: Sequence[ContactRow], till: Till, chance: Random
) -> Papers:
    """All documents of one company, numbered without gaps in each year in order of creation."""
    writer = _Writer(business, volume, buyers, till, chance)
    quotes = writer.quotes()
    invoices = writer.invoices_from(quotes)
    invoices += writer.invoices(max(3, volume.invoices - len(invoices)))
    invoices = writer.repeated() + invoices
    if volume.monthly is not None:
        invoices = at_most(volume.monthly, invoices)
    drafts = quotes + invoices + writer.credit_notes(invoices)
    papers = Papers([], [])
    counters: dict[tuple[str, int], int] = defaultdict(int)
    for draft in sorted(drafts, key=lambda draft: (draft.at, draft.id)):
        counters[draft.kind, draft.at.year] += 1
        papers.documents.append(writer.document(draft, counters[draft.kind, draft.at.year]))
        papers.lines.extend(writer.lines(draft))
    return papers


def at_most(monthly: int, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, with at most `monthly` in each month."""
    kept: dict[tuple[int, int], list[Draft]] = defaultdict(list)
    for draft in drafts:
        month = kept[draft.at.year, draft.at.month]
        month += [draft] if len(month) < monthly else []
    return [draft for month in kept.values() for draft in month]


def _in_share(discount: Discount | None, some: Sequence[Line], every: Sequence[Line]) -> Discount | None:
    """The discount on some of a document's lines: of an amount their share."""
    if discount is None or discount.kind == "PERCENT":
        return discount
    part, whole = (sum((line_amount(line.priced) for line in lines), ZERO) for lines in (some, every))
    return Discount(cents(discount.value * part / whole), "AMOUNT")


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes the drafts of one company, and the rows of drafts."""

    business: Business
    volume: Volume
    buyers: Sequence[ContactRow]
    till: Till
    chance: Random

    def quotes(self) -> list[Draft]:
        """Quotes with their fates; the newest one has no customer yet."""
        made = [self._quote(day) for day in self._days(max(1, self.volume.quotes))]
        begun = [self._unsent("QUOTE", index) for index in range(self.volume.unsent)]
        return made + [replace(draft, buyer=None) for draft in begun[:1]] + begun[1:]

    def invoices(self, count: int) -> list[Draft]:
        """Invoices without a quote."""
        made = [self._draft("INVOICE", day) for day in self._days(count)]
        return made + [self._unsent("INVOICE", index) for index in range(self.volume.unsent)]

    def invoices_from(self, quotes: Sequence[Draft]) -> list[Draft]:
        """The invoices of accepted quotes, except the newest ones, whose work is not done yet."""
        made: list[Draft] = []
        for quote in quotes:
            day = weekday(quote.at.date() + timedelta(days=self.chance.randint(9, 60)))
            if quote.fate == "ACCEPTED" and day <= self.volume.last:
                at = office_hour(day, self.chance)
                made.append(
                    replace(quote, kind="INVOICE", id=uuid7(at, self.chance), at=at, fate=None, source=quote.id)
                )
        return made

    def repeated(self) -> list[Draft]:
        """The invoices of subscriptions: created automatically on the hour, each time the same."""
        made: list[Draft] = []
        if "SUBSCRIPTIONS" in self.business.features:
            for number, days in enumerate(repeat(self.volume.first, self.volume.last, self.volume.monthly)):
                buyer = self.buyers[number % len(self.buyers)]
                first = self._draft("INVOICE", days[0], buyer)
                lines = tuple(replace(line, date=None) for line in first.lines[:2])
                for day in days:
                    at = datetime.combine(day, time(6 + number), UTC)
                    key = uuid7(at, self.chance)
                    made.append(replace(first, id=key, at=at, lines=lines, discount=None, subscription=first.id))
        return made

    def credit_notes(self, invoices: Sequence[Draft]) -> list[Draft]:
        """Credit notes for some of the invoices, one each; unsent ones are for the last invoices older than a month."""
        made: list[Draft] = []
        for invoice in invoices:
            day = weekday(invoice.at.date() + timedelta(days=self.chance.randint(4, 40)))
            if day <= self.volume.last and happens(self.chance, self.volume.credited):
                made.append(self._credit(invoice, day))
        month_ago = self.volume.last - timedelta(days=30)
        credited = {draft.source for draft in made}
        old = [draft for draft in invoices if draft.at.date() < month_ago and draft.id not in credited]
        old.sort(key=lambda draft: draft.at)
        unsent = old[-self.volume.unsent :] if self.volume.unsent else []
        if not made:
            first = min(invoices, key=lambda draft: draft.at)
            day = min(first.at.date() + timedelta(days=14), self.volume.last)
            made.append(self._credit(first, weekday(day)))
        return made + [replace(self._credit(invoice, weekday(self.volume.last)), fate="DRAFT") for invoice in unsent]

    def _credit(self, invoice: Draft, day: date) -> Draft:
        at = max(office_hour(day, self.chance), invoice.at + timedelta(hours=1))
        lines = self.chance.sample(invoice.lines, self.chance.randint(1, len(invoice.lines)))
        discount = _in_share(invoice.discount, lines, invoice.lines)
        return replace(
            invoice,
            kind="CREDIT_NOTE",
            id=uuid7(at, self.chance),
            at=at,
            lines=tuple(lines),
            discount=discount,
            source=invoice.id,
            subscription=None,
        )

    def _days(self, count: int) -> list[date]:
        first, last, seasons = self.volume.first, self.volume.last, self.volume.seasons
        if seasons is None:
            return spread(self.chance, first, last, count)
        days = [first + timedelta(days=index) for index in range((last - first).days + 1)]
        open_days = [day for day in days if day.weekday() < 5]
        return self.chance.choices(open_days, [seasons[day.month - 1] for day in open_days], k=count)

    def _quote(self, day: date) -> Draft:
        draft = self._draft("QUOTE", day)
        age = (self.volume.last - day).days
        if age < QUOTE_VALIDITY.days and happens(self.chance, 0.6):
            return replace(draft, fate="SENT")
        return replace(draft, fate=self.chance.choices(("ACCEPTED", "REFUSED", "EXPIRED"), (62, 18, 20))[0])

    def _unsent(self, kind: str, index: int) -> Draft:
        return replace(self._draft(kind, weekday(self.volume.last - timedelta(days=index))), fate="DRAFT")

    def _draft(self, kind: str, day: date, buyer: ContactRow | None = None) -> Draft:
        chance = self.chance
        at = office_hour(day, chance)
        buyer = buyer or self._buyer(at)
        vat_type = self._vat_type(buyer)
        rate = self._exchange_rate(buyer.currency, day)
        lines = self.till.lines(buyer, day, vat_type, rate, chance)
        return Draft(
            kind=kind,
            id=uuid7(at, chance),
            at=at,
            buyer=buyer,
            lines=lines,
            vat_type=vat_type,
            currency=buyer.currency,
            exchange_rate=rate,
            discount=self._discount(buyer, lines),
        )

    def _buyer(self, at: datetime) -> ContactRow:
        """A customer who existed at that moment; the first ones buy more often."""
        known = max(1, bisect_left(self.buyers, at, key=lambda buyer: buyer.created_at))
        return self.buyers[int(known * self.chance.random() ** 1.3)]

    def _vat_type(self, buyer: ContactRow) -> str:
        private = buyer.vat_number is None and buyer.country == "BE"
        return "INCL" if self.business.retail or (private and happens(self.chance, 0.1)) else "EXCL"

    def _exchange_rate(self, currency: str, day: date) -> Decimal:
        middle = EXCHANGE_RATES.get(currency)
        return Decimal(1) if middle is None else middle + Decimal(day.toordinal() * 37 % 401 - 200) / 10_000

    def _discount(self, buyer: ContactRow, lines: Sequence[Line]) -> Discount | None:
        if "DISCOUNTS" not in self.business.features:
            return None
        if buyer.discount is not None and buyer.discount_type is not None:
            return Discount(buyer.discount, buyer.discount_type)
        one_rate = len({line.priced.vat_rate for line in lines}) == 1
        worth = sum(line.priced.price * line.priced.quantity for line in lines)
        if one_rate and worth > 300 and happens(self.chance, 0.03):
            return Discount(Decimal(self.chance.choice((10, 20, 25, 50))), "AMOUNT")
        return Discount(Decimal(self.chance.choice((2, 3, 5))), "PERCENT") if happens(self.chance, 0.05) else None

    def _status(self, draft: Draft) -> str:
        age = (self.volume.last - draft.at.date()).days + 1
        if draft.fate == "DRAFT":
            return "DRAFT"
        match draft.kind:
            case "QUOTE":
                return self._quote_status(draft, age)
            case "INVOICE":
                return self._invoice_status(draft, age)
            case _:
                return "SENT" if age < 40 and happens(self.chance, 0.5) else "SETTLED"

    def _quote_status(self, draft: Draft, age: int) -> str:
        if draft.fate == "EXPIRED" and age <= QUOTE_VALIDITY.days:
            return "SENT"
        return draft.fate or "SENT"

    def _invoice_status(self, draft: Draft, age: int) -> str:
        term = 0 if draft.buyer is None else draft.buyer.payment_term_days
        if age <= term:
            return "PAID" if happens(self.chance, 0.35) else "SENT"
        return "PAID" if happens(self.chance, 0.9 if age < term + 60 else 0.985) else "OVERDUE"

    def document(self, draft: Draft, number: int) -> DocumentRow:
        chance, business, day = self.chance, self.business, draft.at.date()
        buyer = draft.buyer
        has = business.features.__contains__
        priced = [line.priced for line in draft.lines]
        totals = document_totals(priced, draft.discount, draft.vat_type)
        costs = [cents(line.purchase_price * line.priced.quantity) for line in draft.lines if line.purchase_price]
        deposits = [line.deposit * line.priced.quantity for line in draft.lines if line.deposit]
        status = self._status(draft)
        is_invoice, is_quote = draft.kind == "INVOICE", draft.kind == "QUOTE"
        language = buyer.language if buyer else "FR"
        communication = (day.year % 100 * 1000 + business.index) * 100_000 + number
        row = DocumentRow(
            company_id=business.company_id,
            id=draft.id,
            kind=draft.kind,
            number=f"{PREFIXES[draft.kind]}{day.year}/{number:05d}",
            sequence_number=number,
            date=day,
            due_date=day + timedelta(days=buyer.payment_term_days) if buyer and is_invoice else None,
            expiration_date=day + QUOTE_VALIDITY if is_quote else None,
            delivery_date=self._delivery_date(day, is_quote=is_quote) if has("DELIVERY_DATE") else None,
            order_reference=self._order_reference(buyer) if has("ORDER_REFERENCE") else None,
            status=status,
            customer_id=buyer.id if buyer else None,
            customer_name=buyer.name if buyer else None,
            language=language,
            currency=draft.currency,
            exchange_rate=draft.exchange_rate,
            vat_type=draft.vat_type,
            discount=draft.discount.value if draft.discount else None,
            discount_type=draft.discount.kind if draft.discount else None,
            settlement_discount=buyer.settlement_discount if buyer and is_invoice else None,
            settlement_term_days=buyer.settlement_term_days if buyer and is_invoice else None,
            top_text=chance.choice(TOP_TEXTS[language]) if has("EXTRA_TEXT_FIELDS") and happens(chance, 0.4) else None,
            text=closing_text(draft.kind, language) if happens(chance, 0.6) else None,
            total_excl=totals.excl,
            total_vat=totals.vat,
            total_incl=totals.incl,
            total_incl_base=cents(totals.incl * draft.exchange_rate),
            total_discount=total_discount(priced, totals, draft.vat_type),
            total_cost=sum(costs, ZERO) if costs else None,
            total_profit=totals.excl - sum(costs, ZERO) if costs else None,
            total_empty_goods=cents(sum(deposits, ZERO)) if deposits else None,
            structured_communication=structured_communication(communication)
            if is_invoice and status != "DRAFT"
            else None,
            locked=not is_quote and (self.volume.last - day).days > 75 and happens(chance, 0.97),
            source_document_id=draft.source,
            created_by=None if draft.subscription else self._author(day),
            created_at=draft.at,
        )
        if draft.subscription is None:
            return row
        columns = {column.name: getattr(row, column.name) for column in fields(row)}
        return SubscribedRow(**columns, subscription_id=draft.subscription)

    def lines(self, draft: Draft) -> list[DocumentLineRow]:
        return [self._line(draft, position, line) for position, line in enumerate(draft.lines, start=1)]

    def _line(self, draft: Draft, position: int, line: Line) -> DocumentLineRow:
        totals = line_totals(line.priced, draft.vat_type)
        discount = line.priced.discount
        cost = cents(line.purchase_price * line.priced.quantity) if line.purchase_price else None
        return DocumentLineRow(
            company_id=self.business.company_id,
            id=uuid7(draft.at + timedelta(microseconds=position), self.chance),
            document_id=draft.id,
            position=position,
            product_id=line.product_id,
            name=line.name,
            text=line.text,
            date=line.date,
            quantity=line.priced.quantity,
            price=line.priced.price,
            vat_rate=line.priced.vat_rate,
            discount=discount.value if discount else None,
            discount_type=discount.kind if discount else None,
            purchase_price=line.purchase_price,
            profit_amount=None if cost is None else totals.excl - cost,
            empty_goods_value=line.deposit,
            gl_account=line.gl_account,
            total_excl=totals.excl,
            total_vat=totals.vat,
            total_incl=totals.incl,
        )

    def _delivery_date(self, day: date, *, is_quote: bool) -> date | None:
        if not happens(self.chance, 0.25 if is_quote else 0.7):
            return None
        return day + timedelta(days=self.chance.randint(10, 30) if is_quote else -self.chance.randint(0, 6))

    def _order_reference(self, buyer: ContactRow | None) -> str | None:
        if buyer is None or not happens(self.chance, 0.5 if buyer.vat_number else 0.12):
            return None
        form = self.chance.choice(("BC-{:05d}", "PO {:06d}", "Chantier {:03d}", "{:08d}"))
        return form.format(self.chance.randint(1, 999))

    def _author(self, day: date) -> UUID | None:
        """The author on a day; None in the first months, whose documents were imported."""
        if (day - self.volume.first).days < 60:
            return None
        known = [account_id for since, account_id in self.business.authors if since < day]
        return self.chance.choice(known) if known else None
