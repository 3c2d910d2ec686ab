"""Import and export of the chart of accounts, whose accounts are matched by code, and export of the journal."""

from django.utils.translation import gettext_lazy as _

from skeleton.office.tables.columns import (
    AmountColumn,
    BooleanColumn,
    ChoiceColumn,
    DateTimeColumn,
    TextColumn,
    UppercaseCodeColumn,
)
from skeleton.office.tables.table import Table

ACCOUNTS = Table(
    columns=(
        TextColumn("code", _("Unique; stays for ever."), required=True),
        TextColumn("name", required=True),
        ChoiceColumn("type", _("asset, liability, equity, revenue or expense."), required=True),
        TextColumn(
            "parent",
            _("The code of the account above, which may stand further up in the file."),
            path="parent_id",
            source="parent.code",
        ),
        UppercaseCodeColumn(
            "currency", _("ISO code of the only currency that the account takes. Leave empty for any.")
        ),
        BooleanColumn("is_active", _("yes or no.")),
        DateTimeColumn("created_at"),
    ),
    key=("code",),
    joins=("parent",),
)

JOURNAL = Table(
    columns=(
        TextColumn("entry", source=lambda line: str(line.entry_id), read_only=True),
        DateTimeColumn("date"),
        TextColumn("description", source="entry.shown_as", read_only=True),
        TextColumn("reference", source="entry.reference", read_only=True),
        TextColumn("source_type", source="entry.source_type", read_only=True),
        TextColumn("kind", source="entry.kind", read_only=True),
        TextColumn("account", source="account.code", read_only=True),
        TextColumn("account_name", source="account.name", read_only=True),
        TextColumn("party", source="party.name", read_only=True),
        TextColumn("line_description", source="description", read_only=True),
        TextColumn("currency", read_only=True),
        AmountColumn("debit", read_only=True),
        AmountColumn("credit", read_only=True),
        DateTimeColumn("created_at", source="entry.created_at"),
    ),
    joins=("entry__reverses", "account", "party"),
)
"""A row for each line of the entries."""
