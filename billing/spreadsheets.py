"""Exports of documents: the tax breakdown has columns of its own, with numbers that can be summed."""

from dataclasses import replace
from functools import partial

from billing.models.documents import Document
from skeleton.office.tables.columns import AmountColumn, Column, GroupedColumn, NumberColumn, TextColumn
from skeleton.office.tables.table import Table, table_for_model

BREAKDOWN = "tax_breakdown"


def document_table(model: type[Document]) -> Table:
    """Return the table of a kind of document, with columns `tax_1_category`, `tax_1_rate`, `tax_1_base` and so on."""
    table = table_for_model(model)
    breakdown = GroupedColumn(BREAKDOWN, columns_of=_tax_columns)
    columns = tuple(breakdown if column.name == BREAKDOWN else column for column in table.columns)
    return replace(table, columns=columns)


def _tax_columns(index: int) -> tuple[Column, ...]:
    """Return the columns of one category and rate."""
    kinds: dict[str, type[Column]] = {
        "category": TextColumn,
        "rate": NumberColumn,
        "base": AmountColumn,
        "tax": AmountColumn,
    }
    return tuple(
        kind(f"tax_{index + 1}_{part}", source=partial(_value_in_breakdown, index=index, part=part), read_only=True)
        for part, kind in kinds.items()
    )


def _value_in_breakdown(document: Document, index: int, part: str) -> object:
    rows = document.tax_breakdown
    return rows[index].get(part) if index < len(rows) else None
