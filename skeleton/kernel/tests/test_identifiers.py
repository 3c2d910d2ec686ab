"""VAT ids, IBANs and BICs, checked offline."""

import pytest

from skeleton.kernel.bank_accounts import format_iban, parse_bic, parse_iban
from skeleton.kernel.tax_ids import parse_vat_id


@pytest.mark.parametrize(
    "text, stored",
    [
        ("DE 136 695 976", "DE136695976"),
        ("atu13585627", "ATU13585627"),
        ("EL 094259216", "EL094259216"),
        ("GB 980 7806 84", "GB980780684"),
        ("CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("NO 995 525 828 MVA", "NO995525828MVA"),
        ("UA 123456789012", "UA123456789012"),
        ("XX123", None),
        ("EU372000041", None),
        ("DE136695977", None),
        ("GB980780685", None),
        ("CHE107787578IVA", None),
        ("GR094259216", "EL094259216"),
        ("136695976", None),
        ("DE", None),
        ("", None),
        ("DE１３６６９５９７６", None),
    ],
)
def test_vat_ids(text, stored):
    assert parse_vat_id(text) == stored


@pytest.mark.parametrize(
    "text, stored",
    [
        ("de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("UA213223130000026007233566001", "UA213223130000026007233566001"),
        ("DE88370400440532013000", None),
        ("DE8937040044053201300", None),
        ("ZZ89370400440532013000", None),
        ("", None),
    ],
)
def test_ibans(text, stored):
    assert parse_iban(text) == stored


def test_bics():
    assert parse_bic("coba de ff xxx") == "COBADEFFXXX"
    assert parse_bic("COBADEFF") == "COBADEFF"
    assert parse_bic("COBA") is None
    assert parse_bic("COBAZZFF") is None


def test_an_iban_is_printed_in_groups():
    assert format_iban("DE89 370400440532013000") == "DE89 3704 0044 0532 0130 00"
