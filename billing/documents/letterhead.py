"""The letterhead and the footer of documents: how the seller is presented, and which bank account is named.

A seller that was kept by an earlier version has fewer fields (see `skeleton.company.queries.seller`) and is presented
as it was then, so that the contents of an issued document stay the same.
"""

from typing import Any

from billing.documents.supply_words import SUPPLY_LABELS
from billing.documents.words import LABELS, SELLER_LABELS
from skeleton.kernel.bank_accounts import format_iban

Json = dict[str, Any]


def letterhead(seller: Json, language: str) -> Json:
    """Return the letterhead and the page footer."""
    words = LABELS[language]
    account = bank_account(seller)
    named = [f"{words[name]}: {account[name]}" for name in ("iban", "bic") if account.get(name)]
    reached = [seller[name] for name in ("email", "phone", "website") if seller.get(name)]
    numbers = _numbers(seller, language)
    columns = (
        [seller["name"], *seller["address"]],
        *([numbers, reached] if _is_current(seller) else [[*numbers, *reached]]),
        [*([account["bank"]] if account.get("bank") else []), *named],
    )
    return {
        "language": language,
        "words": words,
        "page": words["page"],
        "seller": _presented(seller, language),
        "footer": [column for column in columns if column],
        **({"closing": seller["invoice_footer"]} if seller.get("invoice_footer") else {}),
    }


def bank_account(seller: Json, currency: str | None = None) -> Json:
    """Return the account to pay to: one in `currency` if there is one, else the default one."""
    accounts = seller.get("bank_accounts")
    if not accounts:
        return {name: seller.get(name) for name in ("iban", "bic", "bank")}
    chosen = min(
        accounts, key=lambda one: (currency is not None and one["currency"] != currency, not one["is_default"])
    )
    return {**chosen, "iban": format_iban(chosen["iban"])}


def _is_current(seller: Json) -> bool:
    """Return whether the seller has the fields of the company's record. Those of earlier versions lack most of them."""
    return "vat_id" in seller


def _presented(seller: Json, language: str) -> Json:
    names = seller.get("country_names") or {}
    country = names.get(language) or names.get("en")
    trade_name = seller.get("trade_name")
    lines = [
        *([seller["name"]] if trade_name else []),
        *seller["address"],
        *([country] if country else []),
        *([f"{SELLER_LABELS[language]['contact']}: {seller['contact_name']}"] if seller.get("contact_name") else []),
    ]
    logo = {"logo": seller["logo"]} if seller.get("logo") else {}
    return {"name": trade_name or seller["name"], "lines": lines, **logo}


def _numbers(seller: Json, language: str) -> list[str]:
    """Return the seller's numbers, each with its label."""
    words = LABELS[language] | SELLER_LABELS[language] | {"vat_id": SUPPLY_LABELS[language]["vat_id"]}
    shown = [("tax_id", "tax_id"), ("registration", "registration")]
    if _is_current(seller):
        vat_id = "vat_id" if "edition" in seller else "tax_id"
        shown = [(vat_id, "vat_id"), ("tax_number", "tax_number"), ("registration", "registration")]
    return [f"{words[label]}: {seller[name]}" for label, name in shown if seller.get(name)]
