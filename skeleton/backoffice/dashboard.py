"""The dashboard. Every number links to the list behind it.

A tile is one number, a block is a chart or a short list. Each names the list behind it. A user who may not see the list
does not see the tile or block either, and no data is read for it.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus, OrderStatus
from billing.machine import WAITING
from billing.reports import AGE_BUCKETS, AgeBucket
from contracts.models import Contract
from contracts.queries import expiring
from inventory.queries import low_stock
from messenger.queries import unread_of
from parties.queries import top_customers
from skeleton.backoffice.desk import INVOICES, REVENUE, SOON, DashboardData
from skeleton.db.counting import CappedCount
from skeleton.kernel.actors import Actor
from skeleton.kernel.money import minor_digits
from skeleton.kernel.text import local_day, local_money, local_number
from skeleton.kernel.translation import Text
from skeleton.notifications.links import page_of

LISTED = 5
"""Number of rows in a short list."""

CUSTOMERS, CONTRACTS_LIST, STOCK = "parties.customer", "contracts.contract", "inventory.stock"
ORDERS, INBOX = "billing.order", "notifications.notification"
MESSAGES = "admin:messenger"


@dataclass(frozen=True, slots=True)
class TileValue:
    """The content of a tile. `tone` is "good", "bad" or ""."""

    text: str
    link: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    title: Text
    icon: str
    behind: str
    read: Callable[[DashboardData], TileValue]


@dataclass(frozen=True, slots=True)
class Block:
    """A chart or a short list. `shape` is its template, `read` returns its `rows`, `nothing` is the text for none."""

    shape: str
    title: Text
    behind: str
    read: Callable[[DashboardData], dict[str, Any]]
    nothing: Text
    wide: bool = False


def dashboard(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Return the template context of the dashboard."""
    desk = DashboardData(request, actor)
    tiles = [
        {"title": tile.title, "icon": tile.icon, "number": tile.read(desk)}
        for tile in TILES
        if desk.lists.can_view(tile.behind)
    ]
    blocks = [
        {
            "id": f"block-{n}",
            "id_rows": f"block-{n}-rows",
            "title": block.title,
            "template": f"backoffice/blocks/{block.shape}.html",
            "nothing": block.nothing,
            "wide": block.wide,
            "all": desk.lists.link(block.behind),
            **block.read(desk),
        }
        for n, block in enumerate(BLOCKS)
        if desk.lists.can_view(block.behind)
    ]
    money = desk.lists.can_view(REVENUE) or desk.lists.can_view(INVOICES)
    return {"tiles": tiles, "blocks": blocks, "desk": desk, "currencies": desk.currencies if money else []}


# --- tiles ------------------------------------------------------------------------------------------------------------


def _revenue_now(desk: DashboardData) -> TileValue:
    before, now = desk.earned[-2:]
    note = gettext("{amount} last month").format(amount=local_money(before, desk.currency))
    return TileValue(local_money(now, desk.currency), _month_link(desk, desk.months[-1]), note)


def _receivables_now(desk: DashboardData) -> TileValue:
    link = desk.lists.link(INVOICES, status__exact=InvoiceStatus.SENT, currency=desk.currency)
    note = _invoices(desk.owed_here.invoices)
    return TileValue(local_money(desk.owed_here.total, desk.currency), link, note)


def _overdue_now(desk: DashboardData) -> TileValue:
    late = desk.owed_here.overdue
    link = desk.lists.link(INVOICES, overdue="yes", currency=desk.currency)
    note = _invoices(desk.owed_here.overdue_invoices)
    return TileValue(local_money(late, desk.currency), link, note, "bad" if late else "good")


def _orders_now(desk: DashboardData) -> TileValue:
    waiting = sum(desk.orders.get(status, 0) for status in WAITING)
    return TileValue(counted(waiting), desk.lists.link(ORDERS, waiting="yes"), gettext("to be confirmed or shipped"))


def _unread_now(desk: DashboardData) -> TileValue:
    return TileValue(
        counted(CappedCount.count(desk.unread)), desk.lists.link(INBOX, read="no"), gettext("not read yet")
    )


def _messages_now(desk: DashboardData) -> TileValue:
    return TileValue(counted(unread_of(desk.actor.id)), reverse(MESSAGES), gettext("not read yet"))


def _low_now(desk: DashboardData) -> TileValue:
    link = desk.lists.link(STOCK, low="yes")
    return TileValue(counted(desk.low), link, gettext("to be ordered again"), "bad" if desk.low.number else "good")


def _ending_now(desk: DashboardData) -> TileValue:
    link = desk.lists.link(CONTRACTS_LIST, expiring=SOON)
    return TileValue(counted(desk.ending), link, gettext("within {days} days").format(days=SOON))


TILES = (
    Tile(_("Revenue this month"), "trending_up", REVENUE, _revenue_now),
    Tile(_("Receivables"), "account_balance_wallet", INVOICES, _receivables_now),
    Tile(_("Overdue"), "schedule", INVOICES, _overdue_now),
    Tile(_("Orders waiting"), "pending_actions", ORDERS, _orders_now),
    Tile(_("Low stock"), "inventory_2", STOCK, _low_now),
    Tile(_("Contracts ending"), "contract", CONTRACTS_LIST, _ending_now),
    Tile(_("Messages"), "forum", MESSAGES, _messages_now),
    Tile(_("Notifications"), "notifications", INBOX, _unread_now),
)

# --- blocks -----------------------------------------------------------------------------------------------------------


def _revenue(desk: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": date_format(month, "F Y"),
            "short": _short(month, first=n == 0),
            "amount": local_money(amount, desk.currency),
            "value": amount / 10 ** minor_digits(desk.currency),
            "link": _month_link(desk, month),
        }
        for n, (month, amount) in enumerate(zip(desk.months, desk.earned, strict=True))
    ]
    return {"rows": rows, "chart": _chart(rows), "empty": not any(desk.earned)}


def _statuses(desk: DashboardData) -> dict[str, Any]:
    """Count invoices by status. Overdue ones are a separate part, so that the parts add up to the total."""
    counts, late = desk.invoices, desk.overdue_invoices
    open_ones = max(counts.get(InvoiceStatus.SENT, 0) - late, 0)
    parts: list[tuple[Any, int, dict[str, Any]]] = [
        (InvoiceStatus.DRAFT.label, counts.get(InvoiceStatus.DRAFT, 0), {"status__exact": InvoiceStatus.DRAFT}),
        (InvoiceStatus.SENT.label, open_ones, {"status__exact": InvoiceStatus.SENT, "overdue": "no"}),
        (_("Overdue"), late, {"overdue": "yes"}),
        (InvoiceStatus.PAID.label, counts.get(InvoiceStatus.PAID, 0), {"status__exact": InvoiceStatus.PAID}),
        (
            InvoiceStatus.CANCELLED.label,
            counts.get(InvoiceStatus.CANCELLED, 0),
            {"status__exact": InvoiceStatus.CANCELLED},
        ),
    ]
    rows = [
        {
            "label": str(label),
            "amount": counted(number),
            "value": number,
            "link": desk.lists.link(INVOICES, **query),
            "colour": colour,
        }
        for (label, number, query), colour in zip(parts, STATUS_COLOURS, strict=True)
    ]
    return {"rows": rows, "chart": _chart(rows), "empty": not any(counts.values())}


STATUS_COLOURS = ("draft", "sent", "overdue", "paid", "cancelled")
"""Names of the colours in the stylesheet, in the order of the parts."""


def _aging(desk: DashboardData) -> dict[str, Any]:
    owed = desk.owed_here
    most = max(owed.by_age.values()) or 1
    rows = [
        {
            "label": AGE_NAMES[age.name],
            "amount": local_money(owed.by_age[age.name], desk.currency),
            "share": round(100 * owed.by_age[age.name] / most),
            "link": _age_link(desk, age),
            "colour": age.name,
        }
        for age in AGE_BUCKETS
    ]
    return {"rows": rows, "total": local_money(owed.total, desk.currency), "empty": not owed.total}


AGE_NAMES = {
    "current": _("Not yet due"),
    "days_1_30": _("1–30 days overdue"),
    "days_31_60": _("31–60 days overdue"),
    "days_61_90": _("61–90 days overdue"),
    "over_90": _("Over 90 days overdue"),
}


def _customers(desk: DashboardData) -> dict[str, Any]:
    best = list(top_customers(desk.currency, LISTED).only("name", "total_purchases"))
    most = best[0].total_purchases if best else 1
    rows = [
        {
            "label": customer.name,
            "amount": local_money(customer.total_purchases, desk.currency),
            "share": round(100 * customer.total_purchases / most),
            "link": desk.lists.page(CUSTOMERS, customer.pk),
        }
        for customer in best
    ]
    everybody = desk.lists.link(CUSTOMERS, sort="-total_purchases", currency=desk.currency)
    return {"rows": rows, "all": everybody, "empty": not rows}


def _low_stock(desk: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": str(row.item),
            "note": str(row.warehouse),
            "amount": gettext("{available} of {point}").format(
                available=local_number(row.available), point=local_number(row.reorder_point)
            ),
            "link": desk.lists.page(STOCK, row.pk),
        }
        for row in low_stock()[:LISTED]
    ]
    return {"rows": rows, "all": desk.lists.link(STOCK, low="yes"), "empty": not rows}


def _ending(desk: DashboardData) -> dict[str, Any]:
    soon = expiring(Contract.objects.visible_to(desk.actor), SOON).select_related("party").order_by("end_date", "pk")
    rows = [
        {
            "label": contract.party.name,
            "note": contract.get_contract_type_display(),
            "amount": local_day(contract.end_date),
            "link": desk.lists.page(CONTRACTS_LIST, contract.pk),
        }
        for contract in soon[:LISTED]
    ]
    return {"rows": rows, "all": desk.lists.link(CONTRACTS_LIST, expiring=SOON), "empty": not rows}


def _orders(desk: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": status.label,
            "amount": counted(desk.orders[status]),
            "link": desk.lists.link(ORDERS, status__exact=status),
        }
        for status in OrderStatus
        if desk.orders.get(status)
    ]
    return {"rows": rows, "empty": not rows}


def _inbox(desk: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": told.title,
            "note": told.body,
            "amount": local_day(told.created_at),
            "link": page_of(told.link) or desk.lists.page(INBOX, told.pk),
        }
        for told in desk.unread[:LISTED]
    ]
    return {"rows": rows, "all": desk.lists.link(INBOX, read="no"), "empty": not rows}


BLOCKS = (
    Block("columns", _("Revenue by month"), REVENUE, _revenue, _("Nothing was posted to revenue yet."), wide=True),
    Block("parts", _("Invoices by status"), INVOICES, _statuses, _("There are no invoices yet.")),
    Block("bars", _("Receivables by age"), INVOICES, _aging, _("Nobody owes us anything.")),
    Block("bars", _("Top customers"), CUSTOMERS, _customers, _("Nobody has bought anything yet.")),
    Block("lines", _("Orders by status"), ORDERS, _orders, _("There are no orders yet.")),
    Block("lines", _("Low stock"), STOCK, _low_stock, _("Nothing runs low.")),
    Block("lines", _("Contracts ending soon"), CONTRACTS_LIST, _ending, _("No contract ends soon.")),
    Block("lines", _("News"), INBOX, _inbox, _("You have read everything.")),
)

# --- what they are made with ------------------------------------------------------------------------------------------


def counted(number: int | CappedCount) -> str:
    """Format a count: `1,284`, or `1,000+` for a capped count."""
    if isinstance(number, CappedCount):
        return f"{counted(number.number)}+" if number.is_capped else counted(number.number)
    return local_number(number)


def _invoices(number: int) -> str:
    return ngettext("{number} invoice", "{number} invoices", number).format(number=counted(number))


def _chart(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the data of a chart, column by column; see `static/backoffice/dashboard.js`."""
    names = ("label", "short", "amount", "value", "link", "colour")
    return {name: [row.get(name, "") for row in rows] for name in names}


def _short(month: dt.date, *, first: bool) -> list[str]:
    """Return the label of a month's column, with the year for the first column and every January."""
    begins = first or month.month == 1
    return [date_format(month, "M"), *([date_format(month, "Y")] if begins else [])]


def _month_link(desk: DashboardData, month: dt.date) -> str:
    """Return the link to a month's entries on revenue accounts."""
    last = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return desk.lists.link(REVENUE, date_from=month, date_to=last, touches="revenue")


def _age_link(desk: DashboardData, age: AgeBucket) -> str:
    """Return the link to the open invoices in an age bucket."""
    due = {"due_date_from": age.last, "due_date_to": age.first}
    days: dict[str, Any] = {
        name: desk.today - dt.timedelta(days=past) for name, past in due.items() if past is not None
    }
    return desk.lists.link(INVOICES, status__exact=InvoiceStatus.SENT, currency=desk.currency, **days)
