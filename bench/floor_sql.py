"""The SQL statements of the floor (`floor`)."""

ACTOR = """
SELECT u.id, u.email,
       ARRAY(SELECT unnest(r.permissions) FROM identity_user_role h JOIN identity_role r ON r.id = h.role_id
             WHERE h.user_id = u.id)
FROM identity_session s JOIN identity_user u ON u.id = s.user_id
WHERE s.id = %s AND u.id = %s AND s.revoked_at IS NULL AND s.expires_at > now() AND u.is_active
"""

_CUSTOMER = """
SELECT p.id, p.name, p.email, p.phone, p.tax_id, p.website, p.social_media, p.status, p.credit_limit, p.currency,
       p.total_purchases, p.created_at, p.updated_at,
       ARRAY(SELECT json_build_array(a.type, a.street, a.city, a.region, a.postal_code, a.country_id, c.code)
             FROM parties_address a LEFT JOIN parties_country c ON c.id = a.country_id
             WHERE a.party_id = p.id ORDER BY a.id),
       p.vat_id, p.buyer_reference, p.electronic_address_scheme, p.electronic_address_id, p.language, p.payment_days,
       p.e_invoice, p.phone_e164
FROM parties_party p
"""
CUSTOMER = _CUSTOMER + "WHERE p.kind = 'customer' AND p.id = %s"
CUSTOMERS = _CUSTOMER + "WHERE p.kind = 'customer' ORDER BY p.id DESC LIMIT %s OFFSET %s"
# the count maintained by triggers, whose cost is part of the writes of all servers
CUSTOMER_COUNT = """
SELECT coalesce(sum(delta), 0)::bigint FROM core_row_count WHERE source = 'parties_party' AND part = 'customer'
"""


_INVOICE_COLUMNS = (
    "id",
    "number",
    "customer_id",
    "customer_name",
    "status",
    "currency",
    "subtotal",
    "tax_total",
    "tax_breakdown",
    "total",
    "credited_total",
    "amount_paid",
    "amount_credited",
    "amount_written_off",
    "issue_date",
    "due_date",
    "origin",
    "payment_days",
    "delivery_date",
    "service_start",
    "service_end",
    "buyer_reference",
    "purchase_order_reference",
    "delivery_address",
    "notes",
    "sent_at",
    "paid_at",
    "cancelled_at",
    "cancel_reason",
    "created_at",
    "updated_at",
)
_INVOICE = f"""
SELECT {", ".join(_INVOICE_COLUMNS)}, created_by_id AS created_by,
       status = 'sent' AND due_date < CURRENT_DATE AS is_overdue
FROM billing_invoice
"""
INVOICES = _INVOICE + "WHERE status = %s ORDER BY id DESC LIMIT %s OFFSET %s"
INVOICE_COUNT = "SELECT count(*) FROM billing_invoice WHERE status = %s"

_ORDER_COLUMNS = (
    "id",
    "number",
    "customer_id",
    "customer_name",
    "status",
    "currency",
    "subtotal",
    "tax_total",
    "tax_breakdown",
    "total",
    "notes",
    "shipping_address",
    "created_at",
    "updated_at",
)
ORDERS = f"""
SELECT {", ".join(_ORDER_COLUMNS)}, created_by_id AS created_by,
       (SELECT sum(i.total)::bigint FROM billing_invoice i WHERE i.order_id = o.id AND i.status <> 'cancelled')
FROM billing_order o WHERE status = %s ORDER BY id DESC LIMIT %s OFFSET %s
"""
ORDER_COUNT = "SELECT count(*) FROM billing_order WHERE status = %s"

STOCK = """
SELECT s.id, s.item_id, i.sku, i.name, s.warehouse_id, w.name, s.quantity, s.reserved, s.available, s.reorder_point,
       s.reorder_quantity, s.updated_at
FROM inventory_stock s JOIN inventory_item i ON i.id = s.item_id JOIN inventory_warehouse w ON w.id = s.warehouse_id
ORDER BY s.id DESC LIMIT %s OFFSET %s
"""
STOCK_COUNT = "SELECT coalesce(sum(delta), 0)::bigint FROM core_row_count WHERE source = 'inventory_stock'"

BEGIN_INVOICE = """
SELECT set_config('skeleton.context', %s, true), status, currency FROM parties_party
WHERE id = %s AND kind = 'customer' FOR KEY SHARE
"""
NUMBER = """
INSERT INTO core_number_series AS s (name, last)
VALUES ('INV-' || to_char(now(), 'YYYY'), 1) ON CONFLICT (name) DO UPDATE SET last = s.last + 1
RETURNING name, last
"""
ADD_INVOICE = """
INSERT INTO billing_invoice (id, number, customer_id, customer_name, currency, status, subtotal, tax_total,
    tax_breakdown, total, amount_paid, amount_credited, amount_written_off, credited_total, issue_date, due_date,
    notes, created_by_id, created_at, updated_at)
VALUES (skeleton_uuid7(), %(number)s, %(customer_id)s, '', %(currency)s, 'draft', %(subtotal)s, %(tax_total)s,
    %(tax_breakdown)s::jsonb, %(total)s, 0, 0, 0, 0, CURRENT_DATE, %(due_date)s, %(notes)s, %(created_by)s, now(),
    now())
RETURNING id, customer_name, issue_date, due_date, created_at
"""
ADD_LINES = """
INSERT INTO billing_invoice_line (id, invoice_id, position, description, quantity, unit_price, discount, tax_rate,
                                  total, created_at, updated_at)
SELECT skeleton_uuid7(), %s, n, description, quantity, unit_price, discount, tax_rate, total, now(), now()
FROM unnest(%s::text[], %s::numeric[], %s::bigint[], %s::bigint[], %s::numeric[], %s::bigint[]) WITH ORDINALITY
     AS line(description, quantity, unit_price, discount, tax_rate, total, n)
RETURNING id
"""

INVOICE_KEYS = (*_INVOICE_COLUMNS, "created_by", "is_overdue")
ORDER_KEYS = (*_ORDER_COLUMNS, "created_by", "invoiced_total")
"""Names of the columns in the JSON objects."""
