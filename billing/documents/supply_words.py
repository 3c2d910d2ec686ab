"""The texts about supply, references and terms on invoices, by language.

They are apart from the other labels so that the contents of invoices that were sent without them stay as they are.
"""

SUPPLY_LABELS: dict[str, dict[str, str]] = {
    "en": {
        "delivery_date": "Date of supply",
        "service_period": "Service period",
        "period": "{first} to {last}",
        "buyer_reference": "Your reference",
        "purchase_order_reference": "Your order",
        "vat_id": "VAT ID",
        "terms": "Payable within {days} days of the date of issue, by {due}, without deduction.",
        "terms_at_once": "Payable immediately, without deduction.",
        "scan": "Scan to pay",
    },
    "uk": {
        "delivery_date": "Дата постачання",
        "service_period": "Період надання послуг",
        "period": "{first} – {last}",
        "buyer_reference": "Ваше посилання",
        "purchase_order_reference": "Ваше замовлення",
        "vat_id": "Номер платника ПДВ",
        "terms": "Сплатити без знижок протягом {days} дн. від дати рахунка, до {due}.",
        "terms_at_once": "Сплатити одразу, без знижок.",
        "scan": "QR-код для оплати",
    },
    "de": {
        "delivery_date": "Lieferdatum",
        "service_period": "Leistungszeitraum",
        "period": "{first} bis {last}",
        "buyer_reference": "Ihre Referenz",
        "purchase_order_reference": "Ihre Bestellung",
        "vat_id": "USt-IdNr.",
        "terms": "Zahlbar innerhalb von {days} Tagen ab Rechnungsdatum, bis {due}, ohne Abzug.",
        "terms_at_once": "Sofort zahlbar ohne Abzug.",
        "scan": "QR-Code für die Zahlung",
    },
}
