"""Processes a file: finds out which rows are new, changed or invalid, and applies them, all or nothing.

A preview does everything that the real run does, in a transaction that is rolled back at the end. Therefore it includes
the errors of serializers, services and PostgreSQL.

The sheet must have been read completely before (`sheets.read_sheet`), so that nothing waits for a file while a
transaction is open. All rows and their plans are in memory at once, because numbers are written in one notation
throughout the file, and rows are processed in the order of their records' ids. The limits on reading (100,000 rows,
50 MB) bound this memory.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from skeleton.importexport.errors import InvalidFile
from skeleton.importexport.reader.rows import Row
from skeleton.importexport.reports import CHANGED, INVALID, NEW, UNCHANGED, ImportReport, RowOutcome
from skeleton.importexport.sheets import Sheet
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import DomainError
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.number_formats import NumberFormat
from skeleton.kernel.text import format_text
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.translation import Text
from skeleton.office.form_errors import EXPECTED_ERRORS, domain_error_of, field_messages
from skeleton.office.tables.columns import AmountColumn, Column, TextColumn
from skeleton.office.tables.notation import CellError, Notation, is_ambiguous, notation_of
from skeleton.office.tables.table import ID, Table

Progress = Callable[[int, int], None]
"""Called with the number of rows done and their total."""

CHUNK = 500
PROGRESS_EVERY = 50  # rows


class ImportTarget(Protocol):
    """The target of an import: an admin with `skeleton.importexport.import_admin.ImportableAdmin`."""

    model: type[Model]

    @property
    def file_table(self) -> Table: ...

    def rows(self, actor: Actor) -> Any: ...

    def create_row(self, body: dict[str, Any], actor: Actor) -> UUID: ...

    def update_row(self, record: Any, body: dict[str, Any], actor: Actor) -> None: ...

    def lock_order_key(self, plan: "RowPlan") -> Any: ...


@dataclass(slots=True)
class RowPlan:
    """A parsed row: its record (None for a new one), and the values of its columns as in a request body."""

    row: Row
    values: dict[str, Any] = field(default_factory=dict)
    record: Any = None
    errors: dict[str, Text] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def add_error(self, column: str, text: Text) -> None:
        """Add an error to a column, unless it has one."""
        self.errors.setdefault(column, text)


class _Rollback(Exception):
    """Rolls back the transaction and carries the report out of it."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report


def process(
    target: ImportTarget,
    sheet: Sheet,
    *,
    actor: Actor,
    apply: str | None,
    notation: Notation | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[ImportReport, bool]:
    """Process the sheet, and return the report and whether it was applied. Raises InvalidFile.

    `apply` is the hash of the plan that was shown. The changes are applied only if they still match it exactly; without
    it, they are always rolled back. `notation` is that of the file's numbers if the user chose it.
    """
    try:
        with audited_transaction(actor, "import"):
            report = _process(target, sheet, actor, notation, progress)
            if apply is None or not report.is_clean or report.plan != apply:
                raise _Rollback(report)
        return report, True
    except _Rollback as undone:
        return undone.report, False
    except InvalidFile:
        raise
    except EXPECTED_ERRORS as exc:  # a deferred constraint, which cannot be attributed to a row
        raise InvalidFile(domain_error_of(exc).message) from exc


def _process(
    target: ImportTarget, sheet: Sheet, actor: Actor, notation: Notation | None, progress: Progress
) -> ImportReport:
    table, rows = target.file_table, list(sheet.rows)
    numbers = Numbers.of(_columns_of(table, sheet.heading), rows, notation)
    columns = [column.prepare(numbers.notation) for column in _columns_of(table, sheet.heading)]
    plans = _plans(target, rows, columns, actor)
    ordered = sorted(plans, key=target.lock_order_key)
    outcomes = {}
    for done, plan in enumerate(ordered):
        outcomes[plan.row.number] = _apply_row(target, plan, columns, actor)
        if done % PROGRESS_EVERY == 0:
            progress(done, len(plans))
    connection.check_constraints()
    report = ImportReport(
        ignored=[column.name for column in columns if column.read_only and column.name != ID],
        empty=rows[-1].number - sheet.number - len(rows) if rows else 0,
        numbers=numbers.as_json(),
    )
    for plan in plans:
        report.add(outcomes[plan.row.number])
    progress(len(plans), len(plans))
    return report


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the numbers of a file are written. `samples` are texts that mean something else in the other notation."""

    notation: Notation | None
    samples: list[str]

    @classmethod
    def of(cls, columns: Sequence[Column], rows: Sequence[Row], chosen: Notation | None) -> "Numbers":
        """Return the notation that the user chose, or else the one that the cells show."""
        places = [index for index, column in enumerate(columns) if column.is_number and not column.read_only]
        texts = dict.fromkeys(cell for row in rows for index in places if isinstance(cell := row.cells[index], str))
        samples = [text.strip() for text in texts if is_ambiguous(text)]
        return cls(chosen or notation_of(texts), samples[:NUMBERS_SHOWN])

    def as_json(self) -> dict[str, Any]:
        return {"notation": self.notation, "samples": self.samples}


NUMBERS_SHOWN = 5


# --- the heading ------------------------------------------------------------------------------------------------------


def check_heading(table: Table, heading: Sequence[str]) -> None:
    """Raise InvalidFile if the columns of a file do not fit the table."""
    names = [column_name(text) for text in heading]
    known = {ID, *(column.name for column in table.columns)}
    unknown = [text or gettext("(empty)") for text, name in zip(heading, names, strict=True) if name not in known]
    if unknown:
        found, columns = _named(unknown), ", ".join(table.names)
        raise InvalidFile(
            format_text(_("Unknown columns: {found}. The known columns are: {columns}."), found=found, columns=columns)
        )
    twice = _named(sorted({name for name in names if names.count(name) > 1}))
    if twice:
        raise InvalidFile(format_text(_("These columns occur more than once: {twice}."), twice=twice))
    if ID not in names and not set(table.key) <= set(names):
        key = ", ".join(table.key)
        raise InvalidFile(format_text(_("Rows cannot be matched to records: add a column id, or {key}."), key=key))


def _named(texts: Sequence[str]) -> str:
    """Join the first few texts from a file, each truncated, as the file may contain anything."""
    shown = [text if len(text) <= NAME_SHOWN else f"{text[:NAME_SHOWN]}…" for text in texts[:NAMES_SHOWN]]
    return ", ".join((*shown, "…") if len(texts) > NAMES_SHOWN else shown)


NAMES_SHOWN, NAME_SHOWN = 10, 60


def column_name(text: str) -> str:
    """Return the column name for a heading: postal_code for `Postal code`, email for `E-mail`."""
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    return {"e_mail": "email"}.get(name, name)


def _columns_of(table: Table, heading: Sequence[str]) -> list[Column]:
    """Return the columns of the file in order. The id column is read-only."""
    check_heading(table, heading)
    by_name = {column.name: column for column in table.columns}
    return [by_name.get(column_name(text)) or _ID for text in heading]


_ID = TextColumn(ID, read_only=True)


# --- matching rows to records -----------------------------------------------------------------------------------------


def _plans(target: ImportTarget, rows: Sequence[Row], columns: list[Column], actor: Actor) -> list[RowPlan]:
    plans: list[RowPlan] = []
    first_of: dict[Any, int] = {}
    for chunk in _chunks(iter(rows)):
        fresh = [RowPlan(row) for row in chunk]
        for plan in fresh:
            _read_known(plan, columns)
        _find_records(target, fresh, columns, actor)
        for plan in fresh:
            _read_amounts(plan, columns, target.file_table)
            _check_not_repeated(plan, target.file_table, first_of)
        plans += fresh
    return plans


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _read_known(plan: RowPlan, columns: list[Column]) -> None:
    """Read all cells except amounts, which may depend on the record's currency."""
    for index, column in enumerate(columns):
        if index in plan.row.formulas:
            plan.add_error(column.name, _("Contains a formula. Replace it with its value."))
        elif index in plan.row.errors:
            plan.add_error(column.name, _("Contains an error such as #N/A. Replace it with a value."))
        elif column.name == ID or not (column.read_only or isinstance(column, AmountColumn)):
            _read(plan, column, plan.row.cells[index], {})


def _read(plan: RowPlan, column: Column, cell: Any, context: dict[str, Any]) -> None:
    empty = cell is None or (isinstance(cell, str) and not cell.strip())
    try:
        plan.values[column.name] = None if empty else column.parse(cell, context)
    except CellError as error:
        plan.errors[column.name] = str(error)
    plan.texts[column.name] = "" if empty else cell.isoformat() if isinstance(cell, dt.date) else str(cell).strip()


def _find_records(target: ImportTarget, plans: list[RowPlan], columns: list[Column], actor: Actor) -> None:
    """Set the records that the rows refer to, by id or by key."""
    rows = target.file_table.with_related(target.rows(actor))
    by_id = {plan.row.number: parse_uuid(str(plan.values[ID])) for plan in plans if plan.values.get(ID)}
    found = {record.pk: record for record in rows.filter(pk__in=[pk for pk in by_id.values() if pk])}
    for plan in plans:
        if plan.row.number in by_id:
            plan.record = found.get(by_id[plan.row.number])
            if plan.record is None:
                plan.add_error(ID, _("There is no record with this id. Leave the id empty to create one."))
    keyed = [plan for plan in plans if plan.row.number not in by_id and _key_of(plan, target.file_table)]
    _find_by_key(target.file_table, rows, keyed, columns)


def _find_by_key(table: Table, rows: Any, plans: list[RowPlan], columns: list[Column]) -> None:
    if not plans:
        return
    by_name = {column.name: column for column in columns}
    leading = by_name[table.key[0]]
    wanted = {leading.normalize(plan.values[leading.name]) for plan in plans}
    candidates: dict[Any, list[Any]] = {}
    for record in rows.filter(**{f"{_path_of(leading)}__{leading.lookup}": wanted}):
        key = tuple(by_name[name].normalize(by_name[name].value_of(record)) for name in table.key)
        candidates.setdefault(key, []).append(record)
    for plan in plans:
        matches = candidates.get(_key_of(plan, table), [])
        if len(matches) > 1:
            count, named = len(matches), " and ".join(table.key)
            plan.add_error(
                table.key[0],
                format_text(
                    _("{count} records have this {named}. Add the id to identify one."), count=count, named=named
                ),
            )
        plan.record = matches[0] if matches else None


def _path_of(column: Column) -> str:
    if not isinstance(column.source, str):
        raise TypeError(f"the column {column.name} cannot be looked up")
    return column.source.replace(".", "__")


def _key_of(plan: RowPlan, table: Table) -> tuple[Any, ...] | None:
    key = tuple(column.normalize(plan.values.get(column.name)) for column in table.key_columns)
    return None if not key or None in key else key


def _check_not_repeated(plan: RowPlan, table: Table, first_of: dict[Any, int]) -> None:
    """Refuse a second row about the same record, as the two may contradict each other."""
    means = plan.record.pk if plan.record is not None else _key_of(plan, table)
    if means is None:
        return
    first = first_of.setdefault(means, plan.row.number)
    if first != plan.row.number:
        plan.add_error(
            table.key[0] if table.key else ID, format_text(_("Row {first} is about the same record."), first=first)
        )


def _read_amounts(plan: RowPlan, columns: list[Column], table: Table) -> None:
    known = {column.name: column.value_of(plan.record) for column in table.columns} if plan.record is not None else {}
    context = {**known, **plan.values}
    for index, column in enumerate(columns):
        is_read = index not in plan.row.formulas and index not in plan.row.errors
        if isinstance(column, AmountColumn) and not column.read_only and is_read:
            _read(plan, column, plan.row.cells[index], context)


# --- applying rows ----------------------------------------------------------------------------------------------------


def _apply_row(target: ImportTarget, plan: RowPlan, columns: list[Column], actor: Actor) -> RowOutcome:
    label = " · ".join(text for name in target.file_table.key if (text := plan.texts.get(name))) or str(
        plan.record or ""
    )
    outcome = RowOutcome(plan.row.number, label, NEW if plan.record is None else UNCHANGED, errors=dict(plan.errors))
    if outcome.errors:
        outcome.state = INVALID
        return outcome
    written = [column for column in columns if not column.read_only and column.name in plan.values]
    try:
        if plan.record is None:
            given = {column.name: column for column in written if plan.values[column.name] is not None}
            outcome.changes = {column.name: ["", _text_of(column, plan, plan.values)] for column in given.values()}
            with transaction.atomic():  # a savepoint: the next row must find nothing of one that is refused
                target.create_row(_body(plan, list(given.values())), actor)
        else:
            changed = [column for column in written if _differs(column, plan)]
            if changed:
                outcome.state = CHANGED
                outcome.changes = {column.name: _change(plan, column, target.file_table) for column in changed}
                with transaction.atomic():
                    target.update_row(plan.record, _body(plan, changed), actor)
    except EXPECTED_ERRORS as exc:
        outcome.state, outcome.changes = INVALID, {}
        outcome.errors = _errors(domain_error_of(exc), target.file_table)
    return outcome


def _differs(column: Column, plan: RowPlan) -> bool:
    return bool(column.normalize(column.value_of(plan.record)) != column.normalize(plan.values[column.name]))


def _body(plan: RowPlan, columns: list[Column]) -> dict[str, Any]:
    """Return the values of some columns as an API request body, with `address.city` inside `address`."""
    body: dict[str, Any] = {}
    for column in columns:
        inner, *parts = column.path.split(".")
        place = body
        for part in parts:
            place = place.setdefault(inner, {})
            inner = part
        value = plan.values[column.name]
        place[inner] = column.empty_value if value is None else value
    return body


def _change(plan: RowPlan, column: Column, table: Table) -> list[str]:
    known = {each.name: each.value_of(plan.record) for each in table.columns}
    before = column.cell_for(plan.record, known)
    shown = _number(before) if column.is_number else before
    return ["" if shown is None else str(shown), _text_of(column, plan, {**known, **plan.values})]


def _text_of(column: Column, plan: RowPlan, values: dict[str, Any]) -> str:
    """Return the text of a cell, or the number that it was understood as."""
    if not column.is_number:
        return plan.texts[column.name]
    return _number(column.to_cell(plan.values[column.name], values)) or ""


def _number(value: object) -> str | None:
    """Return a number in the reader's notation."""
    return None if value is None else NumberFormat.for_language().format(Decimal(str(value)))


def _errors(error: DomainError, table: Table) -> dict[str, Text]:
    """Return the errors by column name. An error without a column is under ""."""
    names = {column.path: column.name for column in table.columns}
    errors: dict[str, Text] = {names.get(path, path): text for path, text in field_messages(error)}
    return errors or {"": error.message}
