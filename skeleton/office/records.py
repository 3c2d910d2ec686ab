"""Screens of editable records. They are written through the API's input serializers and services."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db import connection
from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.fields import get_attribute
from rest_framework.serializers import Serializer

from skeleton.db import records
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, DomainError
from skeleton.kernel.types import Values
from skeleton.office.admins import ReadOnlyAdmin, StackedChildInline, TabularChildInline
from skeleton.office.checks import SAVES_NOTHING, require_record_form
from skeleton.office.early_errors import add_early_errors
from skeleton.office.form_errors import EXPECTED_ERRORS, domain_error_of, field_messages, form_field_for
from skeleton.office.forms import RecordForm, as_json
from skeleton.office.parameters import accepts_parameters
from skeleton.rest.fields import AnyField
from skeleton.rest.serializers import InputSerializer


class RecordAdmin(ReadOnlyAdmin):
    """An editable record. Override `create_record` and `update_record` to call services instead of `db.records`."""

    form = RecordForm
    change_form_before_template = "skeleton/admin/form_state.html"
    create_input: ClassVar[type[InputSerializer] | None] = None
    update_input: ClassVar[type[InputSerializer] | None] = None

    def create_record(self, values: dict[str, object], actor: Actor) -> UUID:
        """Create a record and return its id."""
        return records.create(self.model, values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, object], actor: Actor) -> None:
        """Write `values` to the record. Raises NotFound if the actor may not see it."""
        records.update(self.rows(actor), pk, values, actor=actor)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return (
            self.create_input is not None
            and self.has_view_permission(request)
            and self.has_resource_permission(request, "write")
        )

    def can_be_added(self) -> bool:
        return self.create_input is not None or type(self).has_add_permission is not RecordAdmin.has_add_permission

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return (
            self.update_input is not None
            and self.has_view_permission(request, obj)
            and self.has_resource_permission(request, "write")
        )

    def has_action_permission(self, request: HttpRequest) -> bool:
        """Return `has_change_permission` without a record: an action may go on where a record's form is closed."""
        if self.update_input is None:
            return super().has_action_permission(request)
        return self.has_change_permission(request)

    # Django's hooks for saving, overridden: forms don't write anything

    def save_model(self, request: HttpRequest, obj: Model | None, form: object, change: bool) -> None:
        """Do nothing: `save_related` writes everything together, including the parts."""

    def save_related(
        self, request: HttpRequest, form: RecordForm, formsets: Iterable["ChildListFormSet"], change: bool
    ) -> None:
        if change:
            self.check_not_stale(form)
            self.update_from_form(form, formsets, self.actor(request))
        else:
            self.create_from_form(form, formsets, self.actor(request))
        connection.check_constraints()  # the deferred ones, while the form can still show the errors

    def create_from_form(self, form: RecordForm, formsets: Iterable["ChildListFormSet"], actor: Actor) -> None:
        """Create the record of a form and its parts."""
        body = form.request_body(partial=False)
        for formset in _child_lists(formsets):
            body |= formset.request_body()
        if self.create_input:
            made: object = self.create_record(self.create_input.parse(body, actor=actor), actor)
            if made is None:
                raise TypeError(f"{type(self).__name__}.create_record must return the id of the record.")
            form.instance.pk = made.pk if isinstance(made, Model) else made
            form.instance.refresh_from_db()  # the success message contains its number

    def check_not_stale(self, form: object) -> None:
        """Raise Conflict if someone else changed the record since the form was loaded. Submitting again overrides."""
        if isinstance(form, RecordForm) and form.is_stale:
            raise Conflict(
                _(
                    "Somebody else changed this while you were editing. Your changes are still here: compare them with "
                    "the current version, and save again to replace it."
                )
            )

    def update_from_form(self, form: RecordForm, formsets: Iterable["ChildListFormSet"], actor: Actor) -> None:
        """Write the changes in a form and its parts."""
        if self.update_input is None:
            return
        body = form.request_body(partial=True)
        for formset in _child_lists(formsets):
            if formset.has_changed():
                body |= formset.request_body(_fields_of_parts(self.update_input, formset.name))
        if body:
            pk = form.instance.pk
            stored = partial(self.rows(actor).get, pk=pk)  # unlike the form's instance, without the entered values
            values = self.update_input.parse(body, partial=True, actor=actor, find_instance=stored)
            self.update_record(pk, values, actor)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Like Django's, but errors of the input serializer and while writing are shown in the same form."""
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except EXPECTED_ERRORS as exc:
            if request.method != "POST":
                raise
            error = domain_error_of(exc)
        else:
            body = self.update_input if object_id else self.create_input
            if request.method == "POST" and isinstance(response, TemplateResponse) and body:
                add_early_errors(response, body.for_actor(self.actor(request)))
            return response
        # Everything is rolled back. Run it again, with forms that contain the error and keep the entered values.
        request._write_error = error  # type: ignore[attr-defined]
        request.__dict__.pop("_screen_objects", None)
        return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: object
    ) -> object:
        form = super().get_form(request, obj, change, **kwargs)
        require_record_form(form)
        error = getattr(request, "_write_error", None)
        if error is None:
            return form
        return type(
            form.__name__, (form,), {"write_error": _without_child_errors(error, self.get_inlines(request, obj))}
        )

    def _create_formsets(self, request: HttpRequest, obj: Model | None, change: bool) -> tuple[object, object]:
        formsets, inlines = super()._create_formsets(request, obj, change)
        error = getattr(request, "_write_error", None)
        for formset in formsets:
            if error and isinstance(formset, ChildListFormSet):
                formset.add_errors(error)
        return formsets, inlines


class SingleRecordAdmin(RecordAdmin):
    """A screen on which an actor sees one record at most. The list leads to it, or to the form that creates it."""

    show_add_link = False

    @accepts_parameters()
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        found = self.get_queryset(request).first()
        return HttpResponseRedirect(self.change_url(found) if found else self.add_url)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        found = self.get_queryset(request).first()
        if found:
            return HttpResponseRedirect(self.change_url(found))
        return super().add_view(request, form_url, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **one_button})


class ChildListFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Parts of a record that are a list in its body, replaced as a whole. `name` is the name of the list.

    A page may show only some of the rows or fields: the others are sent as they are stored. Parts are only deleted by
    the checkbox for that.
    """

    name: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        for unfolds in ("request", "per_page", "count", "count_variant", "provided_queryset"):
            kwargs.pop(unfolds, None)
        super().__init__(*args, **kwargs)

    def add_fields(self, form: "forms.ModelForm[Any]", index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():  # for screen readers, since the table's headings aren't labels
            field.widget.attrs.setdefault("aria-label", str(field.label or ""))

    def remaining_forms(self) -> list[Any]:
        """Return the forms of the parts that remain after saving."""
        deleted = self.deleted_forms if self.can_delete else []
        present = [form for form in self.forms if form in self.initial_forms or form.has_changed()]
        return [form for form in present if form not in deleted]

    def remaining_parts(self) -> "list[RecordForm | Model]":
        """Return the forms of the parts that remain, and the stored parts that have no form, in the stored order."""
        remaining = self.remaining_forms()
        if self.instance._state.adding:
            return remaining
        shown = {form.instance.pk: form for form in self.initial_forms}
        stored = [shown.get(part.pk, part) for part in self._stored_parts()]
        kept = [part for part in stored if part in remaining or isinstance(part, Model)]
        return [*kept, *(form for form in remaining if form not in kept)]

    def _stored_parts(self) -> QuerySet[Model]:
        shown = self.get_queryset()
        ordering = shown.query.order_by or shown.model._meta.ordering or ("pk",)
        stored: QuerySet[Model] = shown.model._default_manager.filter(**{self.fk.name: self.instance})
        return stored.order_by(*ordering)

    def request_body(self, fields: Mapping[str, AnyField] = MappingProxyType({})) -> Values:
        """Return the list. `fields` are those of a part, for what the page does not show of stored parts."""
        return {self.name: [self._part_body(part, fields) for part in self.remaining_parts()]}

    def _part_body(self, part: Any, fields: Mapping[str, AnyField]) -> Values:
        if isinstance(part, Model):
            return _stored_values(part, fields.values())
        body = self.form_body(part)
        if part not in self.initial_forms:
            return body
        sources = {fields[name].source for name in body if name in fields}
        return {
            **_stored_values(part.instance, (each for each in fields.values() if each.source not in sources)),
            **body,
        }

    def form_body(self, form: RecordForm) -> dict[str, object]:
        """Return a part as a JSON object."""
        body: dict[str, object] = form.request_body(partial=False)
        return {name: value for name, value in body.items() if name not in ("id", "DELETE", self.fk.name)}

    def error_at(self, index: int, error: DomainError) -> DomainError:
        """Return the error with its details prefixed by the part: `quantity` as `lines.1.quantity`."""
        details = {f"{self.name}.{index}.{path}": text for path, text in field_messages(error)}
        return type(error)(error.message, details=details or None)

    def add_errors(self, error: DomainError) -> None:
        """Add the error's details about parts to their forms: `lines.1.quantity` to the second one's quantity.

        Those without a form are errors of the list, so that the page is shown again in any case.
        """
        self.full_clean()
        remaining = self.remaining_parts()
        for path, text in field_messages(error):
            head, _, rest = path.partition(".")
            index, _, field = rest.partition(".")
            if head != self.name:
                continue
            form = remaining[int(index)] if index.isdigit() and int(index) < len(remaining) else None
            if isinstance(form, forms.BaseForm):
                form.add_error(form_field_for(form, field, {}), str(text))
            else:
                self.non_form_errors().append(str(text))


class StackedChildListInline(StackedChildInline):
    """Parts edited as small forms. Set `formset` to a ChildListFormSet with the list's name."""

    form = RecordForm


class TabularChildListInline(TabularChildInline):
    """Parts edited in a table. Set `formset` to a ChildListFormSet with the list's name."""

    form = RecordForm


def _child_lists(formsets: Iterable[Any]) -> Iterator[ChildListFormSet]:
    """Yield the lists of parts. Raises TypeError for other formsets in which something was entered."""
    for formset in formsets:
        if isinstance(formset, ChildListFormSet):
            yield formset
        elif formset.has_changed():
            raise TypeError(f"{type(formset).__name__} {SAVES_NOTHING}")


def _fields_of_parts(body: type[InputSerializer], name: str) -> dict[str, AnyField]:
    """Return the fields of the parts in the list `name` of a body."""
    parts = getattr(body().fields.get(name), "child", None)
    if not isinstance(parts, Serializer):
        return {}
    return {name: field for name, field in parts.fields.items() if not field.read_only}


def _stored_values(part: Model, fields: Iterable[AnyField]) -> Values:
    """Return these fields of a stored part as in a JSON body, without those that are not stored, such as aliases."""
    values: Values = {}
    for field in fields:
        try:
            value = get_attribute(part, field.source_attrs)
        except (AttributeError, KeyError):
            continue  # DRF's field would say None of what may be null
        if value is not None:
            values[str(field.field_name)] = as_json(field.to_representation(value))
        elif field.allow_null:
            values[str(field.field_name)] = None
    return values


def _without_child_errors(
    error: DomainError, inlines: Iterable[type[StackedChildInline | TabularChildInline]]
) -> DomainError | None:
    """Return the error without the details that are shown in the parts' forms, or None if it says nothing else."""
    names = {inline.formset.name for inline in inlines if issubclass(inline.formset, ChildListFormSet)}
    own = {path: text for path, text in (error.details or {}).items() if path.partition(".")[0] not in names}
    shown_by_parts = {path.partition(".")[0] for path, _text in field_messages(error)} & names
    if shown_by_parts and not own and str(error.message) == str(error.default_message):
        return None
    return type(error)(error.message, details=own or None)
