"""Ordinary models of our tables, which our migrations create."""

import datetime as dt
from decimal import Decimal
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from skeleton.kernel.ids import uuid7


class Timed(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True


class Role(Timed):
    name = models.CharField(max_length=100)
    permissions = ArrayField(models.CharField(max_length=60))

    class Meta:
        managed = False
        db_table = "identity_role"

    def __str__(self) -> str:
        return self.name


class User(Timed, AbstractBaseUser):
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)
    roles = models.ManyToManyField(Role, through="UserRole", related_name="users")

    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "identity_user"

    def __str__(self) -> str:
        return self.email

    def allowed(self, permission: str) -> bool:
        resource = permission.partition(":")[0]
        held = {one for role in self.roles.all() for one in role.permissions}
        return bool(held & {permission, f"{resource}:*", "*:*"})


class UserRole(models.Model):
    user = models.ForeignKey(User, models.CASCADE)
    role = models.ForeignKey(Role, models.PROTECT)

    class Meta:
        managed = False
        db_table = "identity_user_role"

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id}"


class Country(Timed):
    code = models.CharField(max_length=2, unique=True)
    name = models.JSONField()

    class Meta:
        managed = False
        db_table = "parties_country"

    def __str__(self) -> str:
        return self.code


class Customers(models.Manager["Party"]):
    def get_queryset(self) -> models.QuerySet["Party"]:
        return super().get_queryset().filter(kind="customer")


class Party(Timed):
    kind = models.CharField(max_length=10, default="customer", editable=False)
    name = models.CharField(max_length=255)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=50, null=True, blank=True)  # noqa: DJ001 (the table says so)
    tax_id = models.CharField(max_length=50, null=True, blank=True)  # noqa: DJ001
    website = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    social_media = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=11, default="active")
    credit_limit = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    total_purchases = models.BigIntegerField(default=0, editable=False)
    phone_e164 = models.CharField(max_length=20, null=True, editable=False)  # noqa: DJ001
    vat_id = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    buyer_reference = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    electronic_address_scheme = models.CharField(max_length=4, null=True, blank=True)  # noqa: DJ001
    electronic_address_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    language = models.CharField(max_length=2, null=True, blank=True)  # noqa: DJ001
    payment_days = models.SmallIntegerField(null=True, blank=True)
    e_invoice = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001

    objects: ClassVar[models.Manager["Party"]] = models.Manager()
    customers: ClassVar[Customers] = Customers()

    class Meta:
        managed = False
        db_table = "parties_party"

    def __str__(self) -> str:
        return self.name

    @property
    def active(self) -> bool:
        return self.status == "active"

    @property
    def electronic_address(self) -> dict[str, str | None] | None:
        if self.electronic_address_id is None:
            return None
        return {"scheme": self.electronic_address_scheme, "id": self.electronic_address_id}

    @property
    def primary_address(self) -> "Address | None":
        addresses = list(self.addresses.all())  # prefetched
        billing = [address for address in addresses if address.type == "billing"]
        return next(iter(billing or addresses), None)


class Address(Timed):
    party = models.ForeignKey(Party, models.CASCADE, related_name="addresses")
    type = models.CharField(max_length=8, default="billing")
    street = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    city = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    region = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    postal_code = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    country = models.ForeignKey(Country, models.PROTECT, null=True, blank=True)

    class Meta:
        managed = False
        db_table = "parties_address"
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.street}, {self.city}"


class NumberSeries(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    last = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "core_number_series"

    def __str__(self) -> str:
        return self.name


class Invoice(Timed):
    number = models.CharField(max_length=40, unique=True, editable=False)
    customer = models.ForeignKey(Party, models.PROTECT)
    order = models.ForeignKey("Order", models.PROTECT, null=True, editable=False, related_name="invoices")
    customer_name = models.CharField(max_length=255, editable=False)
    status = models.CharField(max_length=9, default="draft", editable=False)
    currency = models.CharField(max_length=3)
    subtotal = models.BigIntegerField(default=0)
    tax_total = models.BigIntegerField(default=0)
    tax_breakdown = models.JSONField(default=list)
    total = models.BigIntegerField(default=0)
    amount_paid = models.BigIntegerField(default=0)
    amount_credited = models.BigIntegerField(default=0)
    amount_written_off = models.BigIntegerField(default=0)
    credited_total = models.BigIntegerField(default=0)
    issue_date = models.DateField()
    due_date = models.DateField()
    origin = models.CharField(max_length=8, default="created", editable=False)
    payment_days = models.SmallIntegerField(null=True, editable=False)
    delivery_date = models.DateField(null=True)
    service_start = models.DateField(null=True)
    service_end = models.DateField(null=True)
    buyer_reference = models.CharField(max_length=100, null=True)  # noqa: DJ001
    purchase_order_reference = models.CharField(max_length=100, null=True)  # noqa: DJ001
    delivery_address = models.JSONField(null=True)
    notes = models.TextField(null=True, blank=True)  # noqa: DJ001
    sent_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.TextField(null=True)  # noqa: DJ001
    created_by = models.ForeignKey(User, models.PROTECT, null=True)

    class Meta:
        managed = False
        db_table = "billing_invoice"

    def __str__(self) -> str:
        return self.number

    @property
    def supplied_on(self) -> dt.date | None:
        return self.delivery_date or (None if self.service_start else self.issue_date)

    @property
    def amount_due(self) -> int:
        settled = self.amount_paid + self.amount_credited + self.amount_written_off
        return 0 if self.status == "cancelled" else self.total - settled

    @property
    def is_overdue(self) -> bool:
        return self.status == "sent" and self.due_date < timezone.now().date()


class InvoiceLine(Timed):
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    position = models.IntegerField()
    item = models.ForeignKey("Item", models.PROTECT, null=True)
    item_number = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001
    unit_code = models.CharField(max_length=3, default="C62")
    price_base_quantity = models.DecimalField(max_digits=15, decimal_places=3, default=1)
    description = models.CharField(max_length=1000)
    quantity = models.DecimalField(max_digits=15, decimal_places=3)
    unit_price = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    total = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "billing_invoice_line"
        ordering: ClassVar[list[str]] = ["position"]

    def __str__(self) -> str:
        return self.description


class Payment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40)
    invoices = models.ManyToManyField(Invoice, through="Settlement", related_name="payments")
    amount = models.BigIntegerField()
    method = models.CharField(max_length=13)
    paid_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "billing_payment"
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return str(self.amount)


class Settlement(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="settlements")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True)
    kind = models.CharField(max_length=11)
    amount = models.BigIntegerField()
    day = models.DateField()

    class Meta:
        managed = False
        db_table = "billing_settlement"
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return str(self.amount)


class Item(Timed):
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=255)

    class Meta:
        managed = False
        db_table = "inventory_item"

    def __str__(self) -> str:
        return self.name


class Warehouse(Timed):
    name = models.CharField(max_length=255)

    class Meta:
        managed = False
        db_table = "inventory_warehouse"

    def __str__(self) -> str:
        return self.name


class StockRow(Timed):
    item = models.ForeignKey(Item, models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT)
    quantity = models.DecimalField(max_digits=15, decimal_places=3)
    reserved = models.DecimalField(max_digits=15, decimal_places=3)
    reorder_point = models.DecimalField(max_digits=15, decimal_places=3)
    reorder_quantity = models.DecimalField(max_digits=15, decimal_places=3)

    class Meta:
        managed = False
        db_table = "inventory_stock"

    def __str__(self) -> str:
        return str(self.quantity)

    @property
    def available(self) -> Decimal:
        return self.quantity - self.reserved


MAY_BECOME = {
    "draft": ["pending", "confirmed", "cancelled"],
    "pending": ["confirmed", "cancelled"],
    "confirmed": ["shipped", "cancelled"],
    "shipped": ["delivered"],
    "delivered": [],
    "cancelled": [],
}


class Order(Timed):
    number = models.CharField(max_length=40, unique=True, editable=False)
    customer = models.ForeignKey(Party, models.PROTECT)
    customer_name = models.CharField(max_length=255, editable=False)
    status = models.CharField(max_length=9, default="draft", editable=False)
    currency = models.CharField(max_length=3)
    subtotal = models.BigIntegerField(default=0)
    tax_total = models.BigIntegerField(default=0)
    tax_breakdown = models.JSONField(default=list)
    total = models.BigIntegerField(default=0)
    notes = models.TextField(null=True, blank=True)  # noqa: DJ001
    shipping_address = models.JSONField(null=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True)

    class Meta:
        managed = False
        db_table = "billing_order"

    def __str__(self) -> str:
        return self.number

    @property
    def allowed_transitions(self) -> list[str]:
        return MAY_BECOME[self.status]
