"""Measures the processor time of a PDF, and the rows per second of imports and exports.

    SKELETON_DATA_DIR=$(mktemp -d) python -m bench.documents [rows]

It fills the data directory. An import of 10,000 customers (or `rows`), each with an address, is checked, applied, and
checked again when all of it exists already. Processor time is that of Python alone.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skeleton.settings")
django.setup()

from django.contrib import admin  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from billing.documents.contents import TEMPLATE, invoice_contents  # noqa: E402
from billing.models import Invoice  # noqa: E402
from billing.queries import printed_invoice  # noqa: E402
from billing.services.invoices import create_invoice  # noqa: E402
from parties.models import Customer  # noqa: E402
from skeleton.importexport.processing import process  # noqa: E402
from skeleton.importexport.sheets import read_sheet  # noqa: E402
from skeleton.kernel.actors import SYSTEM  # noqa: E402
from skeleton.kernel.pdf import render  # noqa: E402
from skeleton.office.tables.spreadsheets import csv_lines, xlsx_chunks  # noqa: E402

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
LANGUAGES = ("en", "uk", "de")
SELLER = {"name": "Northwind GmbH", "address": ["Lindenallee 7", "10115 Berlin"], "iban": "DE89 3704 0044 0532 0130 00"}
HEADING = "name,email,phone,credit_limit,currency,street,city,postal_code,country\n"
LINE = "Customer {0},c{0}@example.com,+1 555 {0:06},1500.00,USD,Main Street {0},Austin,73301,US\n"


def processor_ms(act: Callable[[], object], times: int) -> float:
    """Return the median processor time of this process and its children, in milliseconds."""

    def spent() -> float:
        taken = os.times()
        return taken.user + taken.system + taken.children_user + taken.children_system

    found = []
    for _ in range(times):
        began = spent()
        for _ in range(5):
            act()
        found.append((spent() - began) / 5 * 1000)
    return statistics.median(found)


def documents() -> None:
    customer = Customer.objects.order_by("pk")[0]
    for lines, times in ((3, 9), (40, 5), (500, 3)):
        line: Any = {"description": "Torque wrench 1/2", "quantity": Decimal("2.5"), "unit_price": 8900}
        values: dict[str, Any] = {
            "customer_id": customer.pk,
            "due_date": timezone.now().date(),
            "lines": [line] * lines,
        }
        pk = create_invoice(**values, actor=SYSTEM)
        invoice = printed_invoice(Invoice.objects.all(), pk)
        turn = iter(range(10**6))

        def make(invoice: Any = invoice, turn: Any = turn) -> bytes:
            n = next(turn)  # always a new number, because Typst caches results
            shown = {**invoice, "customer_name": f"Customer {n}"}
            party = {"email": "c@example.com", "tax_id": None, "address": None}
            contents = invoice_contents(shown, seller=SELLER, customer=party, language=LANGUAGES[n % 3])
            return render(TEMPLATE, contents, moment=timezone.now())

        size = len(make())
        print(f"PDF of {lines:3} lines  {processor_ms(make, times):6.1f} ms of processor time  {size / 1000:5.0f} kB")


def rate(what: str, act: Callable[[], object]) -> Any:
    began, worked = time.perf_counter(), time.process_time()
    found = act()
    taken, worked = time.perf_counter() - began, time.process_time() - worked
    print(f"{what:36} {ROWS / taken:7.0f} rows a second  {worked / ROWS * 1000:5.2f} ms of processor time each")
    return found


def exchange() -> None:
    screen: Any = admin.site.get_model_admin(Customer)
    content = (HEADING + "".join(LINE.format(n) for n in range(ROWS))).encode()

    def check(apply: str | None = None, file: bytes = content) -> Any:
        with read_sheet(file) as sheet:
            return process(screen, sheet, actor=SYSTEM, apply=apply)

    report, _ = rate("import, checking new rows", check)
    rate("import, applying them", lambda: check(report.plan))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rate("import, checking unchanged rows", check)

    def exhaust(pieces: Iterable[Any]) -> bytes:
        return b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)

    rows = Customer.objects.order_by("-pk")
    rate("export to CSV", lambda: exhaust(csv_lines(screen.table.lines(rows))))
    workbook = rate("export to XLSX", lambda: exhaust(xlsx_chunks(screen.table.lines(rows))))
    rate("import of XLSX, checking", lambda: check(file=workbook))


def main() -> None:
    call_command("migrate", verbosity=0)
    for seed in ("seed_countries", "seed_accounts"):
        call_command(seed, verbosity=0)
    exchange()
    documents()


if __name__ == "__main__":
    main()
