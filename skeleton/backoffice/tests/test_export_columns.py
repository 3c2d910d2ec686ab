"""Every export of every screen, with rows, and with rows that have every column filled."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import openpyxl
import pytest
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from billing.tests.factories import sent
from contracts.tests import factories as contracts
from parties.tests.factories import AddressFactory, CustomerFactory
from skeleton.backoffice.tests.test_screens import TABLE
from skeleton.identity.tests.factories import UserFactory
from skeleton.notifications.tests.factories import tell
from skeleton.office.records import SingleRecordAdmin
from skeleton.office.tables.columns import GroupedColumn
from skeleton.office.tables.spreadsheets import csv_lines, xlsx_chunks
from skeleton.office.tables.table import line_of, table_for_model
from skeleton.testkit.screens import screens


def has_own_table(screen):
    """Return whether the screen declares its columns, beyond those for the elements of an array."""
    table = screen.table
    return table is not None and not any(isinstance(column, GroupedColumn) for column in table.columns)


PLAIN = {model._meta.label: model for model, screen in screens().items() if not has_own_table(screen)}
LISTED = [screen for screen in admin.site._registry.values() if not isinstance(screen, SingleRecordAdmin)]
DAY = dt.date(2026, 1, 31)
VALUES = {
    DateRangeField: DateRange(DAY, dt.date(2027, 1, 31)),
    ArrayField: ["=1", "b"],
    models.JSONField: {"name": "=1", "day": "2026-01-31"},
    models.BooleanField: True,
    models.DateTimeField: dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC),
    models.DateField: DAY,
    models.TimeField: dt.time(22, 0),
    models.DecimalField: Decimal("-12.5000"),
    models.IntegerField: 12345,
    models.UUIDField: UUID("01972b15-8000-7000-8000-000000000001"),
    models.GenericIPAddressField: "2001:db8::1",
    models.Field: "=1+1;=2",
}
TEXTS = {"currency": "USD", "shipping_currency": "USD"}


def filled(model):
    """Return a row with a value in every column. Records that it refers to have a name only."""
    row = SimpleNamespace(pk=VALUES[models.UUIDField])
    for field in model._meta.concrete_fields:
        kind = next(kind for kind in VALUES if isinstance(field, kind))
        value = "Referred to" if field.is_relation else TEXTS.get(field.name, VALUES[kind])
        setattr(row, field.name, value)
    return row


def test_what_is_exported_was_decided():
    """A new column of a model is exported only once it is listed in this file."""
    decided = json.loads((Path(__file__).parent / "exported_columns.json").read_text())
    assert {label: table_for_model(model).names for label, model in PLAIN.items()} == decided


@pytest.mark.parametrize("label", PLAIN)
def test_every_column_has_a_cell_that_both_formats_can_hold(label):
    table = table_for_model(PLAIN[label])
    row = filled(PLAIN[label])
    cells = line_of(row, table.columns)
    assert all(isinstance(cell, str | int | float | Decimal | dt.date | dt.time) and cell != "" for cell in cells), (
        dict(zip(table.names, cells, strict=True))
    )
    (read,) = list(csv.reader(csv_lines([cells])))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(xlsx_chunks([table.names, cells])))).active
    assert len(read) == len(sheet[2]) == len(table.names)
    assert all(cell.data_type != "f" for cell in sheet[2])


def test_a_period_is_both_its_days_and_hidden_words_stay_hidden():
    contract = filled(PLAIN["contracts.Contract"])
    table = table_for_model(PLAIN["contracts.Contract"])
    cells = dict(zip(table.names, line_of(contract, table.columns), strict=True))
    assert cells["validity_period"] == "2026-01-31/2027-01-30"
    contract.validity_period = DateRange(DAY, None)
    cells = dict(zip(table.names, line_of(contract, table.columns), strict=True))
    assert cells["validity_period"] == "2026-01-31/.."
    job = filled(PLAIN["jobs.Job"])
    job.args = {"token": "abc123", "invoice": "INV-1"}
    table = table_for_model(PLAIN["jobs.Job"])
    cells = dict(zip(table.names, line_of(job, table.columns), strict=True))
    assert "abc123" not in str(cells["args"])
    assert "INV-1" in str(cells["args"])


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de", "uk"])
def test_every_screen_exports_the_rows_that_it_lists(chief, language):
    chief.user.language = language
    chief.user.save(update_fields=["language"])
    for row in TABLE:
        row.make()
    AddressFactory.create(party=CustomerFactory.create(name="=1+1;=2", social_media={"site": "=3"}))
    for make in (contracts.draft, contracts.active, contracts.terminated):
        make()
    sent()
    tell(UserFactory._meta.model.objects.get(pk=chief.user.pk))
    for screen in LISTED:
        _both_formats(chief, screen)


def _both_formats(chief, screen):
    address = reverse(screen._route("changelist"))
    text = b"".join(chief.get(f"{address}export.csv").streaming_content).decode("utf-8-sig")
    heading, *rows = list(csv.reader(io.StringIO(text, newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(chief.get(f"{address}export.xlsx").streaming_content))).active
    listed = chief.get(address).context["cl"].queryset
    assert len(rows) == sheet.max_row - 1 == screen.export_rows(listed).count(), address
    assert rows or screen.opts.label == "files.File", address
    assert all(len(row) == len(heading) for row in rows)
    assert all(cell.data_type != "f" for row in sheet for cell in row)
