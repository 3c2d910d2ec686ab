"""The chart of accounts as a table. An account is known again by its code."""

from skeleton.office.tables.columns import BooleanColumn, ChoiceColumn, CodeColumn, MomentColumn, TextColumn
from skeleton.office.tables.table import Table

ACCOUNTS = Table(
    columns=(
        TextColumn("code", "Unique; stays for ever.", required=True),
        TextColumn("name", required=True),
        ChoiceColumn("type", "asset, liability, equity, revenue or expense.", required=True),
        TextColumn("parent", "The code of the account above, which may stand further up in the file.", path="parent_id",
               source="parent.code"),
        CodeColumn("currency", "ISO code of the only currency that it takes; empty: any."),
        BooleanColumn("is_active", "yes or no."),
        MomentColumn("created_at"),
    ),
    key=("code",),
    joins=("parent",),
)  # fmt: skip
