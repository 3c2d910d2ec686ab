"""The integrity checks of the books: recomputation, Beancount, and generated sequences of postings."""

import datetime as dt
from decimal import Decimal

import pytest
from beancount import loader
from beancount.core import realization
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting import beancount, integrity_checks
from accounting.models import Account, Entry, Line, Total
from accounting.services import post_entry, reverse_entry, update_account
from accounting.tests.factories import account, by_hand, legacy_child, net, post
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.money import minor_digits
from skeleton.testkit.roles import without_triggers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]


def differences():
    """Return the differences that the checks find, by check."""
    found = {name: list(check()) for name, check in integrity_checks.registered_checks().items()}
    return {name: sentences for name, sentences in found.items() if sentences}


def tamper(sql):
    """Tamper with data, as a superuser with disabled triggers."""
    with without_triggers() as cursor:
        cursor.execute(sql)


class TestVerifyBooks:
    def test_right_books_pass(self, capsys):
        post("1200", "4000", 100)
        call_command("verify_books")
        assert "The books are right." in capsys.readouterr().out

    @pytest.mark.parametrize(
        "sql, check, sentence",
        [
            (
                "UPDATE accounting_total SET debit = debit + 1 WHERE debit > 0",
                "kept totals equal the sums of the lines",
                "account 1200 in all: kept 101 / 0 USD, the lines add up to 100 / 0 USD",
            ),
            (
                "DELETE FROM accounting_month_total WHERE credit > 0",
                "kept totals equal the sums of the lines",
                "account 4000 in 2026-03: kept 0 / 0 USD, the lines add up to 0 / 100 USD",
            ),
            (
                "INSERT INTO accounting_total (account_id, currency, debit, credit)"
                " SELECT account_id, 'EUR', 5, 5 FROM accounting_total WHERE debit > 0",
                "kept totals equal the sums of the lines",
                "account 1200 in all: kept 5 / 5 EUR, the lines add up to 0 / 0 EUR",
            ),
            (
                "UPDATE accounting_line SET credit = 99 WHERE credit > 0",
                "every entry balances in each currency",
                "debit 100, credit 99 USD",
            ),
            ("DELETE FROM accounting_line", "every entry balances in each currency", "debit 0, credit 0 (no lines)"),
            (
                "UPDATE accounting_line SET date = '2026-03-16' WHERE credit > 0",
                "every entry balances in each currency",
                "has a line dated 2026-03-16",
            ),
            (
                "UPDATE accounting_total SET credit = credit + 7 WHERE credit > 0",
                "the trial balance is zero in each currency",
                "USD: debit 100, credit 107, difference -7",
            ),
        ],
    )
    def test_any_tampering_is_found_and_said(self, capsys, sql, check, sentence):
        post("1200", "4000", 100)
        tamper(sql)
        found = differences()
        assert check in found
        assert any(sentence in said for said in found[check]), found
        with pytest.raises(CommandError, match="wrong in"):
            call_command("verify_books")
        assert sentence in capsys.readouterr().out

    def test_a_reversal_that_does_not_undo_is_found(self):
        entry = post("1200", "4000", 100)
        reverse_entry(entry_id=entry, actor=SYSTEM)
        tamper("""
            UPDATE accounting_line l SET account_id = (SELECT id FROM accounting_account WHERE code = '1300')
            FROM accounting_entry e WHERE e.id = l.entry_id AND e.reverses_id IS NOT NULL AND l.debit = 0
        """)
        assert "every reversal undoes its entry" in differences()

    def test_other_apps_add_their_proofs(self, monkeypatch, capsys):
        monkeypatch.setattr(integrity_checks, "_checks", dict(integrity_checks.registered_checks()))
        integrity_checks.register_check("the moon is round", lambda: ["it is a cube"])
        with pytest.raises(CommandError):
            call_command("verify_books")
        assert "DIFFERS the moon is round\n        it is a cube" in capsys.readouterr().out


CODES = ["1200", "1300", "2200", "3100", "4000", "5300"]
AMOUNTS = st.integers(1, 10**12)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reverse"), st.integers(0, 30)),
        st.tuples(
            st.just("post"),
            st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), AMOUNTS), min_size=1, max_size=4),
            st.sampled_from(["USD", "EUR", "JPY"]),
            st.dates(dt.date(2025, 11, 1), dt.date(2026, 2, 28)),
        ),
    ),
    max_size=12,
)


def play(steps):
    posted = []
    for step in steps:
        if step[0] == "post":
            _, pairs, currency, date = step
            lines = [
                posting
                for debit, credit, amount in pairs
                for posting in (by_hand(debit, debit=amount), by_hand(credit, credit=amount))
            ]
            posted.append(post_entry(date=date, description="Any", lines=lines, currency=currency, actor=SYSTEM))
        elif posted:
            entry = posted[step[1] % len(posted)]
            if not Entry.objects.filter(reverses=entry).exists():
                posted.append(reverse_entry(entry_id=entry, actor=SYSTEM))


class Undo(Exception):
    pass


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_posted_and_reversed_the_books_are_right(steps):
    try:
        with transaction.atomic():
            play(steps)
            connection.check_constraints()
            assert differences() == {}
            assert sum(total.debit - total.credit for total in Total.objects.all()) == 0
            for code in CODES:
                lines = Line.objects.filter(account__code=code, currency="USD")
                assert net(code) == sum(line.debit - line.credit for line in lines)
            raise Undo
    except Undo:
        pass


class TestBeancount:
    def load(self, tmp_path):
        """Return the export as parsed by Beancount: all balances by account name and currency."""
        path = tmp_path / "journal.beancount"
        call_command("export_beancount", output=path)
        entries, errors, _ = loader.load_file(str(path))
        assert errors == []
        root = realization.realize(entries)
        return {
            (leaf.account, currency): amount
            for leaf in realization.iter_children(root)
            for (currency, _), amount in ((key, position.units.number) for key, position in leaf.balance.items())
        }

    def ours(self):
        accounts = {found.pk: found for found in Account.objects.all()}
        return {
            (beancount.account_name(accounts[total.account_id], accounts), total.currency): Decimal(
                total.debit - total.credit
            ).scaleb(-minor_digits(total.currency))
            for total in Total.objects.all()
            if total.debit != total.credit
        }

    def test_beancount_agrees_on_every_balance(self, tmp_path):
        account("z.9", "expense", parent="5000", currency="EUR")
        legacy_child("Z-9", "expense", parent="5300")
        post("1200", "3100", 1_000_000, "2025-12-31", description='Opening "capital"\nin \\ cash', reference="OB")
        post("1300", "4000", 120_000, "2026-01-05")
        post("5300", "1200", 1, "2026-01-05", "JPY")
        post("z.9", "1200", 1_234, "2026-01-06", "EUR")
        post("Z-9", "1200", 12_345, "2026-01-06", "BHD")
        wrong = post("1200", "4000", 77, "2026-02-28")
        reverse_entry(entry_id=wrong, actor=SYSTEM)
        theirs = self.load(tmp_path)
        assert theirs == self.ours()
        assert theirs["Assets:1000:1200", "USD"] == 10_000
        assert theirs["Expenses:5000:Z-lz-d9", "EUR"] == Decimal("12.34")
        assert theirs["Expenses:5000:5300:Z--9", "BHD"] == Decimal("12.345")

    def test_accounts_with_children_and_postings(self, tmp_path):
        """Assertions cover the whole subtree, at every depth and in each currency. Own balances match the books."""
        for depth, code in enumerate(["1", "12", "12.0", "12.0-a", "12.0-a.b"]):
            legacy_child(code, parent=["1200", "1", "12", "12.0", "12.0-a"][depth])
        legacy_child("12.1", parent="12", currency="EUR")
        legacy_child("5301", "expense", parent="5300")
        for amount, code in enumerate(["1300", "1200", "1", "12", "12.0", "12.0-a", "12.0-a.b"], 1):
            post(code, "4000", amount * 1000)
            post("4000", code, amount, "2026-04-01", "JPY")
        post("12.1", "4000", 77_77, currency="EUR")
        post("1", "12.0-a.b", 3000)  # 1 holds 6,000 then, the deepest one 4,000
        post("12", "1", 6000)  # an account with balance 0 whose sub-accounts have balances
        post("5300", "5301", 5)
        theirs = self.load(tmp_path)
        assert theirs == self.ours()
        assert ("Assets:1000:1200:1", "USD") not in theirs

    def test_a_parent_of_one_currency_over_children_of_others(self, tmp_path):
        account("till", parent="1000", currency="EUR")
        legacy_child("till-usd", parent="till", currency="USD")
        legacy_child("till-any", parent="till")
        post("till", "4000", 100, currency="EUR")
        post("till-usd", "4000", 250)
        post("till-any", "4000", 7, currency="EUR")
        post("till-any", "4000", 8, currency="KWD")
        assert self.load(tmp_path) == self.ours()

    @pytest.mark.parametrize(
        "text",
        [
            'a "quoted" one',
            "\\",
            "ends in a backslash \\",
            '\\"',
            "two\nlines\r\nthree",
            "\ttab",
            "\u2028\u2029\x85\x0b\x0c",
            "Оренда приміщення № 5",
            "日本語 🙂",
            "; no comment",
            "2026-01-01 open Assets:X",
            "x" * 500,
            "#tag ^link {} @@ *",
        ],
    )
    def test_texts_of_any_kind(self, tmp_path, text):
        found = account("9x", "expense", name=text[:255] or "x", parent="5000")
        post("9x", "1200", 5, description=text, reference=text[:100])
        update_account(account_id=found.pk, values={"is_active": False}, actor=SYSTEM)
        assert self.load(tmp_path) == self.ours()

    def test_a_subtree_holds_more_than_one_account_can(self, tmp_path):
        for code in ("a", "b"):
            legacy_child(code, parent="1200")
            account(f"income-{code}", "revenue")
            post(code, f"income-{code}", 2**63 - 1, currency="KWD")
        post("1200", "4000", 1, currency="KWD")
        assert self.load(tmp_path) == self.ours()

    def test_an_account_that_moved_to_another_parent(self, tmp_path):
        moved = legacy_child("moves", parent="1200")
        account("1500")
        post("moves", "4000", 100)
        post("1200", "4000", 11)
        update_account(account_id=moved.pk, values={"parent": "1500"}, actor=SYSTEM)
        theirs = self.load(tmp_path)
        assert theirs["Assets:1500:Z-lmoves", "USD"] == 1
        assert theirs == self.ours()

    def test_beancount_would_notice_below_a_parent(self, tmp_path):
        legacy_child("sub", parent="1200")
        post("sub", "3100", 100)
        post("1200", "3100", 1)
        tamper("UPDATE accounting_total SET debit = 102 WHERE debit = 100")
        path = tmp_path / "journal.beancount"
        call_command("export_beancount", output=path)
        _, errors, _ = loader.load_file(str(path))
        assert len(errors) == 2, "the account and the one above it"

    def test_beancount_would_notice(self, tmp_path):
        post("1200", "3100", 100)
        tamper("UPDATE accounting_total SET debit = 101 WHERE debit = 100")
        path = tmp_path / "journal.beancount"
        call_command("export_beancount", output=path)
        _, errors, _ = loader.load_file(str(path))
        assert ["Balance failed" in error.message for error in errors] == [True]

    def test_empty_books(self, tmp_path, capsys):
        assert self.load(tmp_path) == {}
        call_command("export_beancount")
        assert "open Assets:1000:1200" in capsys.readouterr().out

    @pytest.mark.parametrize("codes", [["a", "A", "Z-la", "a.b", "a-b", "a-db", "a--b", "1.0", "1-0", "1-d0"]])
    def test_no_two_codes_become_one(self, codes):
        assert len({beancount.component(code) for code in codes}) == len(codes)
