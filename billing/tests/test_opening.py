"""Taking over the balances and open invoices of an earlier system."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection

from accounting.integrity_checks import registered_checks
from accounting.models import Account, Entry
from accounting.services import close_year, seed_chart
from accounting.tests.factories import account, net, tax_code
from accounting.tests.test_concurrency import in_threads
from accounting.tests.test_constraints import attack
from billing.models import DocumentEmail, Invoice
from billing.services.opening import take_over
from billing.services.reminders import send_due_reminders
from billing.tests.factories import customer, sent
from billing.tests.mailroom import deliver
from skeleton.identity.tests.factories import user_with
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.days import today
from skeleton.kernel.errors import Invalid
from skeleton.kernel.ids import uuid7
from skeleton.testkit.visitor import Visitor

DAY = "2026-01-01"
LINE = {"description": "Work", "quantity": 1, "unit_price": 100}
STATE, CHECK, UNIQUE = "23000", "23514", "23505"


@pytest.fixture
def acme(db):
    return customer(name="Acme", status="inactive")


def opened(owner, **body):
    return owner.post("/accounting/opening", {"date": DAY, **body})


def bill(of, **changes):
    return {
        "customer_id": str(of.pk),
        "number": "R/2025 0815",
        "issue_date": "2025-11-20",
        "due_date": "2025-12-20",
        "amount": 11900,
        "tax": [{"tax_rate": 19, "base": 10000, "tax": 1900}],
        **changes,
    }


def imported(owner, of, **changes):
    """Import an open invoice and return it as the API shows it."""
    made = opened(owner, invoices=[bill(of, **changes)]).ok(201)
    return owner.get(f"/invoices/{made['invoices'][0]['id']}").ok()


def all_is_well():
    connection.check_constraints()
    return {name: found for name, check in registered_checks().items() if (found := list(check()))} == {}


@pytest.mark.django_db
@pytest.mark.usefixtures("chart")
class TestBalances:
    def test_what_is_missing_is_opening_capital(self, owner):
        balances = [
            {"account_id": "1200", "debit": 1000},
            {"account_id": "2100", "credit": 400},
            {"account_id": "1200", "debit": 7, "currency": "EUR"},
        ]
        made = opened(owner, balances=balances).ok(201)
        assert (net("1200"), net("2100"), net("3100"), net("3100", "EUR")) == (1000, -400, -600, -7)
        euro, dollar = (owner.get(f"/transactions/{pk}").ok() for pk in made["transaction_ids"])
        assert (dollar["kind"], dollar["source_type"], dollar["source_id"]) == ("opening", "opening", made["id"])
        assert (dollar["date"], euro["purpose"]) == (DAY, "EUR")
        assert all_is_well()

    def test_balances_that_are_even_need_no_capital(self, owner):
        opened(owner, balances=[{"account_id": "1200", "debit": 5}, {"account_id": "3200", "credit": 5}]).ok(201)
        assert (net("3100"), net("3200")) == (0, -5)

    @pytest.mark.parametrize("code", ["1300", "2300", "2200"])
    def test_control_accounts_follow_from_documents(self, owner, code):
        answer = opened(owner, balances=[{"account_id": "1200", "debit": 5}, {"account_id": code, "credit": 5}])
        assert code in answer.refused(422, "balances.1.account_id")["message"]
        assert Entry.objects.count() == 0

    @pytest.mark.parametrize(
        "balance, field",
        [
            ({"account_id": "9999", "debit": 5}, "balances.0.account_id"),
            ({"account_id": "1000", "debit": 5}, "balances.0.account_id"),
            ({"account_id": "5300", "debit": 5}, "balances.0.account_id"),
            ({"account_id": "1010", "debit": 5}, "balances.0.account_id"),
            ({"account_id": "1200"}, "balances.0.debit"),
            ({"account_id": "1200", "debit": 5, "credit": 5}, "balances.0.debit"),
            ({"account_id": "1200", "debit": -5}, "balances.0.debit"),
            ({"debit": 5}, "balances.0.account_id"),
        ],
    )
    def test_bad_ones_are_named(self, owner, balance, field):
        Account.objects.filter(code="5300").update(is_active=False)
        account("1010", currency="EUR")
        opened(owner, balances=[balance]).refused(422, field)

    @pytest.mark.parametrize("code, told", [("3100", "Leave it out."), ("4000", "revenue"), ("5300", "expenses")])
    def test_accounts_that_begin_without_a_balance(self, owner, code, told):
        balances = [{"account_id": "1200", "debit": 5}, {"account_id": code, "credit": 5}]
        assert told in opened(owner, balances=balances).refused(422, "balances.1.account_id")["message"]
        by_id = [{"account_id": str(Account.objects.get(code=code).pk), "credit": 5}]
        opened(owner, balances=by_id).refused(422, "balances.0.account_id")
        assert Entry.objects.count() == 0

    def test_nothing_at_all(self, owner):
        opened(owner).refused(422, "balances")
        opened(owner, balances=[], invoices=[]).refused(422, "balances")

    def test_not_in_the_future(self, owner, acme):
        tomorrow = today() + dt.timedelta(days=1)
        body = {"date": str(tomorrow), "balances": [{"account_id": "1200", "debit": 5}], "invoices": [bill(acme)]}
        refused = owner.post("/accounting/opening", body).refused(422, "date")
        assert refused["details"] == {"date": "Must not be in the future."}
        assert (Invoice.objects.count(), Entry.objects.count()) == (0, 0)
        owner.post("/accounting/opening", {**body, "date": str(today())}).ok(201)

    def test_not_on_a_closed_day(self, owner):
        opened(owner, balances=[{"account_id": "1200", "debit": 5}]).ok(201)
        close_year(year=2026, actor=SYSTEM)
        opened(owner, balances=[{"account_id": "1200", "debit": 5}]).refused(409)

    def test_it_takes_the_right_to_write_accounting(self, holding):
        body = {"balances": [{"account_id": "1200", "debit": 5}]}
        holding("accounting:read", "invoices:*").post("/accounting/opening", body).refused(403)
        holding("accounting:write").post("/accounting/opening", body).ok(201)


@pytest.mark.django_db
@pytest.mark.usefixtures("chart")
class TestOpenInvoices:
    def test_receivable_against_opening_capital_without_revenue(self, owner, acme):
        made = imported(owner, acme)
        assert (made["number"], made["origin"], made["status"]) == ("R/2025 0815", "imported", "sent")
        assert (made["subtotal"], made["tax_total"], made["total"], made["amount_due"]) == (10000, 1900, 11900, 11900)
        assert (made["issue_date"], made["due_date"], made["customer_name"]) == ("2025-11-20", "2025-12-20", "Acme")
        assert made["tax_breakdown"] == [{"rate": 19, "base": 10000, "tax": 1900}]
        assert (net("1300"), net("3100"), net("4000"), net("2200")) == (11900, -11900, 0, 0)
        entry = Entry.objects.get(source_id=made["id"])
        assert (str(entry.date), entry.kind, entry.purpose) == (DAY, "opening", "send")
        assert owner.get("/invoices", origin="imported").ok()["total"] == 1
        assert owner.get("/invoices", origin="created").ok()["total"] == 0
        assert all_is_well()

    def test_the_customer_owes_it_from_the_day_of_the_opening_on(self, owner, acme):
        imported(owner, acme)
        asked = {"from_date": "2025-12-01", "to_date": "2025-12-31"}
        assert owner.get(f"/customers/{acme.pk}/statement", **asked).ok()["currencies"] == []
        (part,) = owner.get(f"/customers/{acme.pk}/statement", to_date=DAY).ok()["currencies"]
        assert (part["closing"], part["lines"][0]["number"]) == (11900, "R/2025 0815")
        (open_,) = owner.get(f"/customers/{acme.pk}/balance").ok()["data"]
        assert (open_["open"], open_["overdue"]) == (11900, 11900)
        (aging,) = owner.get("/reports/receivables-aging", as_of=DAY).ok()["currencies"]
        assert aging["totals"]["total"] == 11900

    def test_it_is_paid_like_any_other(self, owner, acme):
        made = imported(owner, acme)
        paid = owner.post(f"/invoices/{made['id']}/payments", {"amount": 11900, "method": "card"}).ok(201)
        assert (paid["invoice_status"], net("1300"), net("1200")) == ("paid", 0, 11900)
        assert all_is_well()

    def test_what_was_paid_before_the_opening_settles_on_its_day(self, owner, acme):
        made = imported(owner, acme)
        body = {"amount": 100, "method": "card", "paid_at": "2025-12-24T12:00:00Z"}
        owner.post(f"/invoices/{made['id']}/payments", body).ok(201)
        (settlement,) = owner.get(f"/invoices/{made['id']}").ok()["settlements"]
        assert settlement["day"] == DAY
        assert all_is_well()

    def test_its_corrections_are_in_the_vat_report_and_it_is_not(self, owner, acme):
        made = imported(owner, acme)
        asked = {"from_date": "2025-01-01", "to_date": "2099-12-31"}
        assert owner.get("/reports/vat", **asked).ok()["currencies"] == []
        lines = [{"invoice_line_id": made["lines"][0]["id"], "amount": 1000}]
        owner.post(f"/invoices/{made['id']}/credit-notes", {"reason": "Part", "lines": lines, "send": True}).ok(201)
        body = {"reason": "Gone", "amount": 1190, "correct_tax": True}
        owner.post(f"/invoices/{made['id']}/write-off", body).ok()
        assert (net("2200"), net("4000"), net("5500")) == (380, 1000, 1000)
        (part,) = owner.get("/reports/vat", **asked).ok()["currencies"]
        assert (part["total_tax"], part["difference"]) == (-380, 0)
        assert all_is_well()

    def test_cancelling_takes_back_revenue_and_tax(self, owner, acme):
        made = imported(owner, acme)
        cancelled = owner.post(f"/invoices/{made['id']}/cancel", {"reason": "Wrong"}).ok()
        assert (cancelled["status"], cancelled["amount_due"]) == ("cancelled", 0)
        assert (net("1300"), net("3100"), net("4000"), net("2200")) == (0, -11900, 10000, 1900)
        assert all_is_well()

    def test_taxes_are_kept_as_they_were_rounded(self, owner, acme):
        tax = [
            {"tax_rate": 19, "base": 10000, "tax": 1903},
            {"tax_rate": 7, "base": 500, "tax": 35},
            {"tax_rate": 19, "base": 100, "tax": 18},
        ]
        made = imported(owner, acme, amount=12556, tax=tax)
        assert made["tax_breakdown"] == [
            {"rate": 7, "base": 500, "tax": 35},
            {"rate": 19, "base": 10100, "tax": 1921},
        ]
        owner.post(f"/invoices/{made['id']}/cancel").ok()
        assert net("2200") == 1956
        assert all_is_well()

    def test_tax_codes_and_no_tax(self, owner, acme):
        code = tax_code("RC", "AE")
        made = imported(owner, acme, amount=500, tax=[{"tax_code": "RC", "base": 500, "tax": 0}])
        assert (made["tax_breakdown"][0]["category"], made["lines"][0]["tax_code"]) == ("AE", code.code)
        plain = imported(owner, acme, number="2", amount=300, tax=[])
        assert plain["tax_breakdown"] == [{"rate": 0, "base": 300, "tax": 0}]

    def test_there_is_no_document_of_it(self, owner, acme):
        made = imported(owner, acme)
        for name, profile in (
            ("pdf", {}),
            ("pdf", {"profile": "facturx"}),
            ("xml", {"profile": "peppol"}),
            ("check", {}),
        ):
            refused = owner.get(f"/invoices/{made['id']}/{name}", **profile).refused(409)
            assert "earlier system" in refused["message"]

    def test_it_is_not_e_mailed(self, owner, office, acme):
        made = imported(owner, acme)
        assert "earlier system" in owner.post(f"/invoices/{made['id']}/email").refused(409)["message"]
        page = Visitor(user_with("invoices:*", "parties:read")).get(f"/admin/billing/invoice/{made['id']}/change/")
        assert "/remind/" in page.content.decode()
        assert "/email/" not in page.content.decode()
        assert DocumentEmail.objects.count() == 0

    def test_reminders_of_it_have_no_attachment(self, owner, office, acme, settings):
        settings.SKELETON_REMINDERS, settings.SKELETON_REMINDER_DAYS = True, [7, 21]
        made = imported(owner, acme)
        owner.post(f"/invoices/{made['id']}/remind", {"to": "acme@example.com"}).ok(201)
        imported(owner, acme, number="2")
        assert send_due_reminders() == 1
        assert deliver() == 2
        by_hand, by_job = office.mails
        assert "R/2025 0815 of 20 November 2025 for 119.00\u00a0USD" in by_hand.get_body().get_content()
        assert [list(mail.iter_attachments()) for mail in (by_hand, by_job)] == [[], []]
        assert set(DocumentEmail.objects.values_list("status", flat=True)) == {"sent"}

    @pytest.mark.parametrize(
        "changes, field",
        [
            ({"customer_id": str(uuid4())}, "customer_id"),
            ({"number": ""}, "number"),
            ({"number": "x" * 41}, "number"),
            ({"number": "INV-2026-001"}, "number"),
            ({"number": "INV-2027-1"}, "number"),
            ({"number": "INV-2025-043"}, "number"),
            ({"number": "inv-1999-7"}, "number"),
            ({"issue_date": "2026-01-02"}, "issue_date"),
            ({"issue_date": "1899-12-31"}, "issue_date"),
            ({"due_date": "1899-12-31"}, "due_date"),
            ({"due_date": None}, "due_date"),
            ({"amount": 0}, "amount"),
            ({"amount": 11899}, "amount"),
            ({"currency": "XYZ"}, "currency"),
            ({"tax": [{"tax_rate": 19, "base": 10000, "tax": 1799}], "amount": 11799}, "tax"),
            ({"tax": [{"tax_rate": 101, "base": 10000, "tax": 1900}]}, "tax.0.tax_rate"),
            ({"tax": [{"tax_code": "NONE", "base": 11900, "tax": 0}]}, "tax.0.tax_code"),
        ],
    )
    def test_bad_ones_are_named(self, owner, acme, changes, field):
        opened(owner, invoices=[bill(acme, **changes)]).refused(422, f"invoices.0.{field}")
        assert Invoice.objects.count() == 0

    def test_numbers_are_free_and_unique(self, owner, acme):
        own = sent()
        imported(owner, acme, number="OLD-INV-2025-117")
        opened(owner, invoices=[bill(acme, number="old-inv-2025-117")]).refused(422, "invoices.0.number")
        twice = [bill(acme, number="A"), bill(acme, number="a")]
        opened(owner, invoices=twice).refused(422, "invoices.1.number")
        opened(owner, invoices=[bill(acme, number=own.number)]).refused(422, "invoices.0.number")
        imported(owner, acme, number="Рахунок № 5")
        assert all_is_well()

    def test_the_series_of_an_earlier_year_goes_on(self, owner, acme):
        """A number of that series would be taken once it is reached, and each sending would fail from then on."""
        told = opened(owner, invoices=[bill(acme, number="INV-2025-001")]).refused(422, "invoices.0.number")["message"]
        assert told == (
            "Invoices are numbered like this here. Keep the old number with a prefix, such as OLD-INV-2025-001."
        )
        imported(owner, acme, number="OLD-INV-2025-001")
        body = {
            "customer_id": str(customer().pk),
            "lines": [LINE],
            "issue_date": "2025-03-03",
            "due_date": "2025-04-04",
        }
        assert owner.post("/invoices", body).ok(201)["number"] == "INV-2025-001"

    def test_all_or_nothing(self, owner, acme):
        balances = [{"account_id": "1200", "debit": 5}]
        bills = [bill(acme), bill(acme, number="B", amount=1)]
        opened(owner, balances=balances, invoices=bills).refused(422, "invoices.1.amount")
        assert (Invoice.objects.count(), Entry.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("chart")
class TestAttacks:
    INVOICE = """
        INSERT INTO billing_invoice (id, created_at, updated_at, number, origin, customer_id, customer_name, currency,
            status, subtotal, tax_total, total, tax_breakdown, amount_paid, issue_date, due_date)
        VALUES (%(invoice)s, now(), now(), {number}, 'imported', %(customer)s, '', 'USD', 'draft', 100, 19, 119,
            '[{{"rate": 19, "base": 100, "tax": {tax}}}]', 0, '2025-05-05', '2025-06-06')
    """
    LINE = """
        INSERT INTO billing_invoice_line (id, created_at, updated_at, position, description, quantity, unit_code,
            unit_price, price_base_quantity, discount, tax_rate, total, invoice_id)
        VALUES (gen_random_uuid(), now(), now(), 1, 'Raw', 1, 'C62', 100, 1, 0, 19, 100, %(invoice)s)
    """
    SEND = "UPDATE billing_invoice SET status = 'sent', sent_at = now(), posted_on = {day} WHERE id = %(invoice)s"

    @pytest.fixture
    def raw(self, acme):
        return {"invoice": uuid7(), "customer": acme.pk}

    def attack(self, raw, *more, number="'R1'", tax=19):
        return attack(self.INVOICE.format(number=number, tax=tax), self.LINE, *more, **raw)

    def test_it_is_never_a_draft(self, raw):
        assert self.attack(raw) == (STATE, "billing_invoice_imported_sent")

    def test_it_is_never_without_its_entry(self, raw):
        assert self.attack(raw, self.SEND.format(day="'2026-01-01'")) == (STATE, "billing_invoice_in_books")

    def test_it_is_in_the_books_no_sooner_than_it_was_issued(self, raw):
        assert self.attack(raw, self.SEND.format(day="'2025-05-04'")) == (CHECK, "billing_invoice_origin_fits")

    @pytest.mark.parametrize("number", ["''", "' R1'"])
    def test_numbers_that_are_none(self, raw, number):
        assert self.attack(raw, number=number) == (CHECK, "billing_invoice_number_form")

    def test_numbers_of_our_own_series(self, raw):
        for number in ("'INV-2025-043'", "'inv-1999-7'"):
            assert self.attack(raw, number=number) == (STATE, "billing_invoice_imported_number_form")

    def test_numbers_that_differ_in_capitals_only(self, owner, acme, raw):
        imported(owner, acme, number="a3")
        assert self.attack(raw, number="'A3'") == (UNIQUE, "billing_invoice_imported_number")

    def test_taxes_that_are_not_those_of_the_lines(self, raw):
        assert self.attack(raw, tax=120)[1] == "billing_invoice_totals_of_lines"

    def test_its_origin_stays(self, owner, acme, raw):
        raw["made"] = imported(owner, acme)["id"]
        change = "UPDATE billing_invoice SET origin = 'created' WHERE id = %(made)s"
        assert attack(change, **raw)[1] == "billing_invoice_identity"
        back = "UPDATE billing_invoice SET posted_on = '2025-12-31' WHERE id = %(made)s"
        assert attack(back, **raw)[1] == "billing_invoice_frozen"

    def test_no_opening_is_posted_in_the_future(self):
        entry = """
            INSERT INTO accounting_entry (id, date, kind, description, source_type, source_id, purpose, created_at)
            VALUES (%(id)s, company_today() + 1, 'opening', 'Raw', 'opening', %(id)s, 'USD', now())
        """
        assert attack(entry, id=uuid7()) == (CHECK, "accounting_entry_opening_ahead")

    def test_its_entry_is_not_reversed(self, owner, acme):
        made = imported(owner, acme)
        entry = Entry.objects.get(source_id=made["id"])
        connection.check_constraints()
        mirror = """
            INSERT INTO accounting_entry (id, date, description, source_type, source_id, reverses_id, purpose,
                                          created_at)
            VALUES (%(new)s, '2026-01-01', 'Raw', 'reversal', %(entry)s, %(entry)s, '', now())
        """
        lines = """
            INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency)
            SELECT gen_random_uuid(), %(new)s, position, account_id, date, credit, debit, currency
            FROM accounting_line WHERE entry_id = %(entry)s
        """
        assert attack(mirror, lines, new=uuid7(), entry=entry.pk) == (STATE, "billing_invoice_in_books")


@pytest.mark.django_db(transaction=True)
def test_one_of_many_imports_of_the_same_invoice_wins():
    seed_chart()
    of = customer()
    values = {
        "customer_id": of.pk,
        "number": "R1",
        "issue_date": dt.date(2025, 5, 5),
        "due_date": dt.date(2025, 6, 6),
        "amount": 100,
    }
    day = dt.date(2026, 1, 1)
    outcomes = in_threads(*[lambda: take_over(date=day, invoices=[values], actor=SYSTEM)] * 8)  # type: ignore[list-item]
    assert sum(isinstance(outcome, Invalid) for outcome in outcomes) == 7, outcomes
    assert (Invoice.objects.count(), net("1300")) == (1, 100)
