"""Import and export of the chart of accounts. Accounts are matched by code."""

from django.utils.translation import gettext_lazy as _

from skeleton.office.tables.columns import BooleanColumn, ChoiceColumn, DateTimeColumn, TextColumn, UppercaseCodeColumn
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
