"""Attacks on the books with raw SQL, bypassing Python. Each is refused by its constraint."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from accounting.models import Account, Entry, Line, MonthTotal, Period, Total
from accounting.services import reverse_entry, seed_chart
from accounting.tests.factories import account, legacy_dates, net, post
from billing.tests.factories import sent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.errors import Invalid
from skeleton.kernel.ids import uuid7
from skeleton.kernel.time_limits import year_after
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import refusal_of

CHECK, STATE, UNIQUE, EXCLUSION, FOREIGN_KEY = "23514", "23000", "23505", "23P01", "23503"


def run(sql, **params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def commit(*statements, **params):
    """Run the statements in a transaction of their own, deferred checks included."""
    with transaction.atomic():
        for sql in statements:
            run(sql, **params)
        connection.check_constraints()


def at_commit(*statements, **params):
    """Run the statements and leave the deferred checks to COMMIT."""
    with transaction.atomic():
        for sql in statements:
            run(sql, **params)


def attack(*statements, **params):
    """Return how PostgreSQL refuses the statements, as SQLSTATE and constraint.

    Checks that there is a user message for it.
    """
    refusal = refusal_of(lambda: commit(*statements, **params))
    assert refusal is not None
    assert domain_error_for(refusal) is not None
    diagnosis = database_error(refusal).diag
    return diagnosis.sqlstate, diagnosis.constraint_name


ENTRY = """
    INSERT INTO accounting_entry (id, date, description, source_type, source_id, purpose, created_at)
    VALUES (%(entry)s, '2026-03-15', 'Raw', 'manual', NULL, '', now())
"""
LINE = """
    INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency)
    VALUES (gen_random_uuid(), %(entry)s, {position}, {account}, '{date}', {debit}, {credit}, '{currency}')
"""


def line(position, debit=0, credit=0, *, on="bank", date="2026-03-15", currency="USD"):
    named = f"%({on})s"
    return LINE.format(position=position, account=named, date=date, debit=debit, credit=credit, currency=currency)


@pytest.fixture
def ids(chart):
    """Parameters of the raw statements: a new entry id, and accounts by kind."""
    by_code = dict(Account.objects.values_list("code", "id"))
    return {"entry": uuid7(), "bank": by_code["1200"], "revenue": by_code["4000"], "top": by_code["1000"]}


@pytest.mark.django_db
class TestOneTransaction:
    def test_the_honest_way_works_line_by_line(self, ids):
        for sql in (ENTRY, line(1, 100), line(2, 0, 60, on="revenue"), line(3, 0, 40, on="revenue")):
            run(sql, **ids)
        connection.check_constraints()
        assert (net("1200"), net("4000")) == (100, -100)

    @pytest.mark.parametrize(
        "lines, sqlstate, constraint",
        [
            ([], CHECK, "accounting_entry_two_lines"),
            ([line(1, 5)], CHECK, "accounting_entry_two_lines"),
            ([line(1, 5), line(2, 0, 4, on="revenue")], CHECK, "accounting_entry_balanced"),
            ([line(1, 5, currency="EUR"), line(2, 0, 5)], CHECK, "accounting_entry_balanced"),
            ([line(1, 0, 0)], CHECK, "accounting_line_one_side"),
            ([line(1, 5, 5)], CHECK, "accounting_line_one_side"),
            ([line(1, -5, 0)], CHECK, "accounting_line_one_side"),
            ([line(1, 5, -5)], CHECK, "accounting_line_one_side"),
            ([line(1, 5, currency="usd")], CHECK, "accounting_line_currency_form"),
            ([line(1, 5, date="2026-03-16")], CHECK, "accounting_line_date"),
            ([line(1, 5), line(1, 0, 5)], UNIQUE, "accounting_line_position_unique"),
            ([line(1, 5, on="entry")], CHECK, "accounting_line_account_active"),
        ],
    )
    def test_lines_that_do_not_add_up(self, ids, lines, sqlstate, constraint):
        assert attack(ENTRY, *lines, **ids) == (sqlstate, constraint)

    def test_a_line_is_not_smuggled_in_behind_an_early_check(self, ids):
        late = ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED", line(3, 7))
        pair = (line(1, 5), line(2, 0, 5, on="revenue"))
        assert attack(ENTRY, *pair, *late, **ids) == (CHECK, "accounting_entry_balanced")

    def test_a_line_is_not_written_before_its_entry(self, ids):
        assert attack(line(1, 5), ENTRY, **ids) == (CHECK, "accounting_line_same_transaction")

    def test_inactive_accounts_and_foreign_currencies(self, ids):
        Account.objects.filter(code="5300").update(is_active=False)
        ids["rent"] = Account.objects.get(code="5300").pk
        assert attack(ENTRY, line(1, 5, on="rent"), **ids) == (CHECK, "accounting_line_account_active")
        ids["till"] = account("1010", currency="EUR").pk
        assert attack(ENTRY, line(1, 5, on="till"), **ids) == (CHECK, "accounting_line_account_currency")

    @pytest.mark.parametrize(
        "column, value, constraint",
        [
            ("date", "'1899-12-31'", "accounting_entry_date_sane"),
            ("date", "'infinity'", "accounting_entry_date_ahead"),
            ("description", "''", "accounting_entry_description_present"),
            ("source_type", "'gossip'", "accounting_entry_source_known"),
            ("source_type", "'invoice'", "accounting_entry_source_named"),
            ("source_id", "gen_random_uuid()", "accounting_entry_source_named"),
        ],
    )
    def test_entries_of_no_kind(self, ids, column, value, constraint):
        given = {"date": "'2026-03-15'", "description": "'Raw'", "source_type": "'manual'", "source_id": "NULL"}
        given[column] = value
        sql = f"""INSERT INTO accounting_entry (id, {", ".join(given)}, purpose, created_at)
                  VALUES (%(entry)s, {", ".join(given.values())}, '', now())"""
        assert attack(sql, **ids)[0] == CHECK
        assert attack(sql, **ids)[1] in (constraint, "accounting_entry_source_known")

    @pytest.mark.parametrize("day", ["now() + interval '1 year 1 day'", "'2999-12-31'", "'9999-12-31'"])
    def test_more_than_a_year_ahead(self, ids, day):
        entry = ENTRY.replace("'2026-03-15'", day)
        assert attack(entry, **ids) == (CHECK, "accounting_entry_date_ahead")

    def test_a_year_ahead_is_allowed(self, ids):
        day = str(year_after(dt.datetime.now(dt.UTC).date()))
        lines = line(1, 100, date=day), line(2, 0, 100, on="revenue", date=day)
        commit(ENTRY.replace("2026-03-15", day), *lines, **ids)

    def test_an_entry_from_before_the_rule_is_reversed_on_its_own_day_only(self, ids):
        with legacy_dates():
            far = post("1200", "4000", 5, "2999-12-30")
        with pytest.raises(Invalid, match="year in the future"):
            reverse_entry(entry_id=far, date=dt.date(2999, 12, 31), actor=SYSTEM)
        undone = reverse_entry(entry_id=far, actor=SYSTEM)
        connection.check_constraints()
        assert str(Entry.objects.get(pk=undone).date) == "2999-12-30"

    def test_a_closed_period_takes_nothing(self, ids):
        days = {"start_date": dt.date(2026, 3, 1), "end_date": dt.date(2026, 3, 15)}
        Period.objects.create(**days, status="closed", closed_at=dt.datetime.now(dt.UTC))
        assert attack(ENTRY, **ids) == (STATE, "accounting_entry_period_open")

    def test_one_posting_per_document_and_purpose(self, chart):
        document = sent().pk
        sql = """INSERT INTO accounting_entry (id, date, description, source_type, source_id, purpose, created_at)
                 VALUES (gen_random_uuid(), '2026-03-15', 'Again', 'invoice', %(document)s, 'send', now())"""
        assert attack(sql, document=document) == (UNIQUE, "accounting_entry_source_unique")

    @pytest.mark.parametrize("table", ["accounting_total", "accounting_month_total"])
    def test_the_kept_totals_are_nobodys_to_write(self, chart, table):
        post("1200", "4000", 5)
        kept = (STATE, "accounting_total_kept")
        assert attack(f"UPDATE {table} SET debit = debit + 1") == kept
        assert attack(f"DELETE FROM {table}") == kept
        assert attack(f"INSERT INTO {table} SELECT * FROM {table}") == kept

    def test_no_balance_leaves_int64(self, chart):
        post("1200", "4000", 2**63 - 1)
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            post("1200", "3100", 1)
        assert database_error(caught.value).diag.constraint_name == "accounting_total_int64"


@pytest.mark.django_db
class TestReversals:
    RAW = """INSERT INTO accounting_entry
                 (id, date, description, source_type, source_id, reverses_id, purpose, created_at)
             VALUES (%(entry)s, '2026-03-15', 'Undo', {source}, {source_id}, %(undone)s, {purpose}, now())"""

    def raw(self, source="'reversal'", source_id="%(undone)s", purpose="''"):
        return self.RAW.format(source=source, source_id=source_id, purpose=purpose)

    def test_once(self, ids):
        undone = post("1200", "4000", 5)
        reverse_entry(entry_id=undone, actor=SYSTEM)
        answer = attack(self.raw(purpose="'again'"), **ids, undone=undone)
        assert answer == (UNIQUE, "accounting_entry_reversed_once")

    def test_only_by_the_mirror(self, ids):
        undone = post("1200", "4000", 5)
        other = (line(1, 0, 6), line(2, 6, 0, on="revenue"))
        assert attack(self.raw(), *other, **ids, undone=undone) == (CHECK, "accounting_entry_undoes")

    def test_a_reversal_says_what_it_reverses(self, ids):
        undone = post("1200", "4000", 5)
        named = (CHECK, "accounting_entry_reversal_named")
        assert attack(self.raw(source_id="gen_random_uuid()"), **ids, undone=undone) == named
        assert attack(self.raw(source="'invoice'"), **ids, undone=undone) == named


@pytest.mark.django_db
class TestAccounts:
    def test_the_chart_is_a_tree_of_one_type(self, ids):
        place = "UPDATE accounting_account SET parent_id = %(bank)s WHERE id = %(top)s"
        assert attack(place, **ids) == (CHECK, "accounting_account_no_cycle")
        mixed = "UPDATE accounting_account SET parent_id = %(bank)s WHERE id = %(revenue)s"
        assert attack(mixed, **ids) == (FOREIGN_KEY, "accounting_account_parent_type")
        retyped = "UPDATE accounting_account SET type = 'equity' WHERE id = %(top)s"
        assert attack(retyped, **ids) == (FOREIGN_KEY, "accounting_account_parent_type")

    def test_code_always_and_type_and_currency_once_posted_to_stay(self, ids):
        recode = "UPDATE accounting_account SET code = '1201' WHERE id = %(bank)s"
        assert attack(recode, **ids) == (STATE, "accounting_account_code_fixed")
        post("1200", "4000", 5)
        bind = "UPDATE accounting_account SET currency = 'USD' WHERE id = %(bank)s"
        assert attack(bind, **ids) == (STATE, "accounting_account_posted")

    def test_an_account_that_is_posted_to_stays(self, ids):
        post("1200", "4000", 5)
        state, constraint = attack("DELETE FROM accounting_account WHERE id = %(bank)s", **ids)
        assert state == FOREIGN_KEY
        assert constraint.startswith("accounting_")

    @pytest.mark.parametrize(
        "values, constraint",
        [
            ("'10 10', 'Cash', 'asset', NULL", "accounting_account_code_form"),
            ("'1010', '', 'asset', NULL", "accounting_account_name_present"),
            ("'1010', 'Cash', 'money', NULL", "accounting_account_type_known"),
            ("'1010', 'Cash', 'asset', '$'", "accounting_account_currency_form"),
        ],
    )
    def test_accounts_of_no_kind(self, chart, values, constraint):
        sql = f"""INSERT INTO accounting_account (code, name, type, currency, is_active, id, created_at, updated_at)
                  VALUES ({values}, true, gen_random_uuid(), now(), now())"""
        assert attack(sql) == (CHECK, constraint)


@pytest.mark.django_db
class TestPeriods:
    NEW = """INSERT INTO accounting_period (id, start_date, end_date, status, closed_at, created_at, updated_at)
             VALUES (gen_random_uuid(), {days}, {status}, now(), now())"""

    @pytest.mark.parametrize(
        "days, status, sqlstate, constraint",
        [
            ("'2026-01-31', '2026-02-05'", "'open', NULL", EXCLUSION, "accounting_period_no_overlap"),
            ("'2026-02-05', '2026-02-04'", "'open', NULL", CHECK, "accounting_period_dates_ordered"),
            ("'2026-02-05', '2026-02-06'", "'ajar', NULL", CHECK, "accounting_period_status_known"),
            ("'2026-02-05', '2026-02-06'", "'closed', NULL", CHECK, "accounting_period_status_known"),
        ],
    )
    def test_periods_of_no_kind(self, db, days, status, sqlstate, constraint):
        Period.objects.create(start_date=dt.date(2026, 1, 1), end_date=dt.date(2026, 1, 31))
        assert attack(self.NEW.format(days=days, status=status)) == (sqlstate, constraint)


@pytest.mark.django_db(transaction=True)
class TestWhatIsCommitted:
    """Entries of transactions that have ended, on the application's own connection and on a superuser's."""

    def test_nothing_changes_and_nothing_goes(self):
        seed_chart()
        entry = post("1200", "4000", 5)
        before = list(Line.objects.order_by("id").values())
        for table in ("accounting_entry", "accounting_line"):
            refused = (STATE, f"{table}_append_only")
            assert attack(f"UPDATE {table} SET description = 'x'") == refused
            assert attack(f"DELETE FROM {table}") == refused
        assert attack("TRUNCATE accounting_line") == (STATE, "accounting_line_append_only")
        assert attack("TRUNCATE accounting_entry CASCADE") == (STATE, "accounting_entry_append_only")
        assert attack("TRUNCATE accounting_account CASCADE")[0] == STATE
        assert attack("TRUNCATE accounting_total") == (STATE, "accounting_total_kept")
        other = post("1300", "4000", 7)
        move = "UPDATE accounting_line SET entry_id = %(other)s WHERE entry_id = %(entry)s"
        assert attack(move, other=other, entry=entry) == (STATE, "accounting_line_append_only")
        assert list(Line.objects.filter(entry=entry).order_by("id").values()) == before

    def test_no_line_is_added_to_an_old_entry(self):
        seed_chart()
        entry = post("1200", "4000", 5)
        ids = {"entry": entry, "bank": Account.objects.get(code="1200").pk}
        late = (CHECK, "accounting_line_same_transaction")
        assert attack(line(3, 5), line(4, 0, 5), **ids) == late

    def test_the_writing_transaction_cannot_be_forged(self):
        seed_chart()
        forged = """INSERT INTO accounting_entry (id, date, description, source_type, purpose, created_at, xact)
                    VALUES (%(entry)s, '2026-03-15', 'Raw', 'manual', '', '2001-01-01', '777')"""
        ids = {"entry": uuid7(), "bank": Account.objects.get(code="1200").pk}
        with transaction.atomic():
            for sql in (forged, line(1, 5), line(2, 0, 5)):
                run(sql, **ids)
        with connection.cursor() as cursor:
            cursor.execute("SELECT xact::text = '777', created_at > now() - interval '1 hour' FROM accounting_entry")
            assert cursor.fetchone() == (False, True)

    def test_should_the_refusal_be_switched_off_the_balance_still_holds_for_old_and_new_parent(self):
        seed_chart()
        giver, taker = post("1200", "4000", 5), post("1300", "4000", 7)
        move = """UPDATE accounting_line SET entry_id = %(to)s, position = 9
                  WHERE entry_id = %(from)s AND debit > 0"""
        off = "ALTER TABLE accounting_line DISABLE TRIGGER accounting_line_append_only"
        named = {"from": giver, "to": taker}
        assert attack(off, move, **named)[0] == CHECK
        assert attack(off, "DELETE FROM accounting_line WHERE debit = 7")[0] == CHECK

    def test_a_snapshot_that_could_miss_a_closing_may_not_post(self):
        seed_chart()
        ids = {"entry": uuid7()}
        level = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
        assert attack(level, ENTRY, **ids)[0] == "40001"

    def test_an_unbalanced_entry_fails_at_commit(self):
        seed_chart()
        ids = {"entry": uuid7(), "bank": Account.objects.get(code="1200").pk}
        honest, uneven = (ENTRY, line(1, 5)), line(2, 0, 4)
        with pytest.raises(IntegrityError) as caught:
            at_commit(*honest, uneven, **ids)
        assert database_error(caught.value).diag.constraint_name == "accounting_entry_balanced"
        assert (Entry.objects.count(), Total.objects.count(), MonthTotal.objects.count()) == (0, 0, 0)
