-- The rules of these tables decide from other rows, so they need the rows as they are once a lock is held.
SELECT skeleton_require_read_committed(
    'billing_correspondents',
    'billing_credit_note',
    'billing_credit_note_line',
    'billing_invoice',
    'billing_invoice_line',
    'billing_issued_document',
    'billing_order',
    'billing_order_line',
    'billing_payment',
    'billing_settlement',
    'parties_party'
);
