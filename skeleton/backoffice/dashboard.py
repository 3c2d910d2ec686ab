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
from billing.reports import AGE_BUCKETS, AgeBucket
from billing.state_machine import AWAITING_ACTION
from contracts.models import Contract
from contracts.queries import expiring
from inventory.queries import low_stock
from messenger.queries import unread_of
from parties.queries import top_customers
from skeleton.backoffice.dashboard_data import ENDING_WITHIN_DAYS, INVOICES, REVENUE, DashboardData
from skeleton.backoffice.first_day import steps_of_first_day
from skeleton.db.counting import CappedCount
from skeleton.kernel.actors import Actor
from skeleton.kernel.money import minor_digits
from skeleton.kernel.text import local_day, local_money, local_number
from skeleton.kernel.translation import Text
from skeleton.notifications.links import back_office_path

SHORT_LIST_LENGTH = 5
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
    list_name: str
    load: Callable[[DashboardData], TileValue]


@dataclass(frozen=True, slots=True)
class Block:
    """A chart or a short list. `template` is a name in `backoffice/blocks`, `load` returns its context."""

    template: str
    title: Text
    list_name: str
    load: Callable[[DashboardData], dict[str, Any]]
    empty_text: Text
    wide: bool = False


def dashboard(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Return the template context of the dashboard."""
    data = DashboardData(request, actor)
    tiles = [
        {"title": tile.title, "icon": tile.icon, "value": tile.load(data)}
        for tile in TILES
        if data.lists.can_view(tile.list_name)
    ]
    blocks = [
        {
            "id": f"block-{n}",
            "id_rows": f"block-{n}-rows",
            "title": block.title,
            "template": f"backoffice/blocks/{block.template}.html",
            "empty_text": block.empty_text,
            "wide": block.wide,
            "all": data.lists.changelist_url(block.list_name),
            **block.load(data),
        }
        for n, block in enumerate(BLOCKS)
        if data.lists.can_view(block.list_name)
    ]
    money = data.lists.can_view(REVENUE) or data.lists.can_view(INVOICES)
    currencies = data.currencies if money else []
    return {
        "tiles": tiles,
        "blocks": blocks,
        "data": data,
        "currencies": currencies,
        "first_steps": steps_of_first_day(actor),
    }


# --- tiles ------------------------------------------------------------------------------------------------------------


def _revenue_now(data: DashboardData) -> TileValue:
    before, now = data.monthly_revenue[-2:]
    note = gettext("{amount} last month").format(amount=local_money(before, data.currency))
    return TileValue(local_money(now, data.currency), _month_link(data, data.months[-1]), note)


def _receivables_now(data: DashboardData) -> TileValue:
    link = data.lists.changelist_url(INVOICES, status__exact=InvoiceStatus.SENT, currency=data.currency)
    note = _invoices(data.receivables.invoices)
    return TileValue(local_money(data.receivables.total, data.currency), link, note)


def _overdue_now(data: DashboardData) -> TileValue:
    late = data.receivables.overdue
    link = data.lists.changelist_url(INVOICES, overdue="yes", currency=data.currency)
    note = _invoices(data.receivables.overdue_invoices)
    return TileValue(local_money(late, data.currency), link, note, "bad" if late else "good")


def _orders_now(data: DashboardData) -> TileValue:
    waiting = sum(data.order_counts.get(status, 0) for status in AWAITING_ACTION)
    link = data.lists.changelist_url(ORDERS, waiting="yes", **data.in_currency)
    return TileValue(format_count(waiting), link, gettext("to be confirmed or shipped"))


def _unread_now(data: DashboardData) -> TileValue:
    return TileValue(
        format_count(CappedCount.count(data.unread)),
        data.lists.changelist_url(INBOX, read="no"),
        gettext("not read yet"),
    )


def _messages_now(data: DashboardData) -> TileValue:
    return TileValue(format_count(unread_of(data.actor.id)), reverse(MESSAGES), gettext("not read yet"))


def _low_stock_now(data: DashboardData) -> TileValue:
    link = data.lists.changelist_url(STOCK, low="yes")
    return TileValue(
        format_count(data.low_stock_count),
        link,
        gettext("to be ordered again"),
        "bad" if data.low_stock_count.number else "good",
    )


def _ending_now(data: DashboardData) -> TileValue:
    link = data.lists.changelist_url(CONTRACTS_LIST, expiring=ENDING_WITHIN_DAYS)
    return TileValue(
        format_count(data.ending_contracts_count), link, gettext("within {days} days").format(days=ENDING_WITHIN_DAYS)
    )


TILES = (
    Tile(_("Revenue this month"), "trending_up", REVENUE, _revenue_now),
    Tile(_("Receivables"), "account_balance_wallet", INVOICES, _receivables_now),
    Tile(_("Overdue"), "schedule", INVOICES, _overdue_now),
    Tile(_("Orders waiting"), "pending_actions", ORDERS, _orders_now),
    Tile(_("Low stock"), "inventory_2", STOCK, _low_stock_now),
    Tile(_("Contracts ending"), "contract", CONTRACTS_LIST, _ending_now),
    Tile(_("Messages"), "forum", MESSAGES, _messages_now),
    Tile(_("Notifications"), "notifications", INBOX, _unread_now),
)

# --- blocks -----------------------------------------------------------------------------------------------------------


def _revenue(data: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": date_format(month, "F Y"),
            "short": _short(month, first=n == 0),
            "amount": local_money(amount, data.currency),
            "value": amount / 10 ** minor_digits(data.currency),
            "link": _month_link(data, month),
        }
        for n, (month, amount) in enumerate(zip(data.months, data.monthly_revenue, strict=True))
    ]
    return {"rows": rows, "chart": _chart(rows), "empty": not any(data.monthly_revenue)}


def _statuses(data: DashboardData) -> dict[str, Any]:
    """Count invoices by status. Overdue ones are a separate part, so that the parts add up to the total."""
    counts, late = data.invoice_counts, data.receivables.overdue_invoices
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
            "amount": format_count(number),
            "value": number,
            "link": data.lists.changelist_url(INVOICES, **query, **data.in_currency),
            "colour": colour,
        }
        for (label, number, query), colour in zip(parts, STATUS_COLOURS, strict=True)
    ]
    return {"rows": rows, "chart": _chart(rows), "empty": not any(counts.values())}


STATUS_COLOURS = ("draft", "sent", "overdue", "paid", "cancelled")
"""Names of the colours in the stylesheet, in the order of the parts."""


def _aging(data: DashboardData) -> dict[str, Any]:
    owed = data.receivables
    most = max(owed.by_age.values()) or 1
    rows = [
        {
            "label": AGE_NAMES[age.name],
            "amount": local_money(owed.by_age[age.name], data.currency),
            "share": round(100 * owed.by_age[age.name] / most),
            "link": _age_link(data, age),
            "colour": age.name,
        }
        for age in AGE_BUCKETS
    ]
    return {"rows": rows, "total": local_money(owed.total, data.currency), "empty": not owed.total}


AGE_NAMES = {
    "current": _("Not yet due"),
    "days_1_30": _("1–30 days overdue"),
    "days_31_60": _("31–60 days overdue"),
    "days_61_90": _("61–90 days overdue"),
    "over_90": _("Over 90 days overdue"),
}


def _customers(data: DashboardData) -> dict[str, Any]:
    best = list(top_customers(data.currency, SHORT_LIST_LENGTH).only("name", "total_purchases"))
    most = best[0].total_purchases if best else 1
    rows = [
        {
            "label": customer.name,
            "amount": local_money(customer.total_purchases, data.currency),
            "share": round(100 * customer.total_purchases / most),
            "link": data.lists.change_url(CUSTOMERS, customer.pk),
        }
        for customer in best
    ]
    all_customers = data.lists.changelist_url(CUSTOMERS, sort="-total_purchases", currency=data.currency)
    return {"rows": rows, "all": all_customers, "empty": not rows}


def _low_stock(data: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": str(row.item),
            "note": str(row.warehouse),
            "amount": gettext("{available} of {point}").format(
                available=local_number(row.available), point=local_number(row.reorder_point)
            ),
            "link": data.lists.change_url(STOCK, row.pk),
        }
        for row in low_stock()[:SHORT_LIST_LENGTH]
    ]
    return {"rows": rows, "all": data.lists.changelist_url(STOCK, low="yes"), "empty": not rows}


def _ending(data: DashboardData) -> dict[str, Any]:
    soon = (
        expiring(Contract.objects.visible_to(data.actor), ENDING_WITHIN_DAYS)
        .select_related("party")
        .order_by("end_date", "pk")
    )
    rows = [
        {
            "label": contract.party.name,
            "note": contract.get_contract_type_display(),
            "amount": local_day(contract.end_date),
            "link": data.lists.change_url(CONTRACTS_LIST, contract.pk),
        }
        for contract in soon[:SHORT_LIST_LENGTH]
    ]
    return {
        "rows": rows,
        "all": data.lists.changelist_url(CONTRACTS_LIST, expiring=ENDING_WITHIN_DAYS),
        "empty": not rows,
    }


def _orders(data: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": status.label,
            "amount": format_count(data.order_counts[status]),
            "link": data.lists.changelist_url(ORDERS, status__exact=status, **data.in_currency),
        }
        for status in OrderStatus
        if data.order_counts.get(status)
    ]
    return {"rows": rows, "empty": not rows}


def _inbox(data: DashboardData) -> dict[str, Any]:
    rows = [
        {
            "label": notification.title,
            "note": notification.body,
            "amount": local_day(notification.created_at),
            "link": back_office_path(notification.link) or data.lists.change_url(INBOX, notification.pk),
        }
        for notification in data.unread[:SHORT_LIST_LENGTH]
    ]
    return {"rows": rows, "all": data.lists.changelist_url(INBOX, read="no"), "empty": not rows}


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

# --- helpers ----------------------------------------------------------------------------------------------------------


def format_count(number: int | CappedCount) -> str:
    """Format a count: `1,284`, or `1,000+` for a capped count."""
    if isinstance(number, CappedCount):
        return f"{format_count(number.number)}+" if number.is_capped else format_count(number.number)
    return local_number(number)


def _invoices(number: int) -> str:
    return ngettext("{number} invoice", "{number} invoices", number).format(number=format_count(number))


def _chart(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the data of a chart, column by column; see `static/backoffice/dashboard.js`."""
    names = ("label", "short", "amount", "value", "link", "colour")
    return {name: [row.get(name, "") for row in rows] for name in names}


def _short(month: dt.date, *, first: bool) -> list[str]:
    """Return the label of a month's column, with the year for the first column and every January."""
    begins = first or month.month == 1
    return [date_format(month, "M"), *([date_format(month, "Y")] if begins else [])]


def _month_link(data: DashboardData, month: dt.date) -> str:
    """Return the link to a month's entries on revenue accounts."""
    last = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return data.lists.changelist_url(REVENUE, date_from=month, date_to=last, touches="revenue")


def _age_link(data: DashboardData, age: AgeBucket) -> str:
    """Return the link to the open invoices in an age bucket."""
    due = {"due_date_from": age.last, "due_date_to": age.first}
    days: dict[str, Any] = {
        name: data.today - dt.timedelta(days=past) for name, past in due.items() if past is not None
    }
    return data.lists.changelist_url(INVOICES, status__exact=InvoiceStatus.SENT, currency=data.currency, **days)
