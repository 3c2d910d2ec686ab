"""The books are open to whoever may read them."""

from accounting.models import Line, Period
from accounting.queries import accounts_with_balances, entries_with_reversals
from skeleton.db.access import OpenGate
from skeleton.db.counting import Counted

ACCOUNTS = OpenGate(accounts_with_balances)
ENTRIES = OpenGate(entries_with_reversals, counted=Counted("accounting_entry"))
PERIODS = OpenGate(Period.objects.all)
LEDGER = OpenGate(Line.objects.all)
