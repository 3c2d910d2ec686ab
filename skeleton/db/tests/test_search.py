"""What a search finds: folded texts, words in any order, numbers without separators."""

import unicodedata

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.db.utils import DatabaseError

from parties.models import Country, Customer, Party
from parties.tests.factories import CustomerFactory
from skeleton.db.search import SEARCH_TEXT, search_rows

pytestmark = pytest.mark.django_db


def sql(question, *values):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {question}", values)
        return cursor.fetchone()[0]


def fold(text):
    return sql("skeleton_fold(%s)", text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Jérôme", "jerome"),
        ("Nguyễn", "nguyen"),
        ("Hauptstraße", "hauptstrasse"),
        ("HAUPTSTRASSE", "hauptstrasse"),
        ("GROẞ", "gross"),
        ("Ёлкин", "елкин"),
        ("Ґанок", "ганок"),
        ("Київ Йосип Їжак", "київ йосип їжак"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("O´Brien", "obrien"),
        ("Мар'яна", "маряна"),
        ("Мар’яна", "маряна"),
        ("Марʼяна", "маряна"),
        ("Żółć i Łódź", "zolc i lodz"),
        ("Søren Ørsted Æble œuvre", "soren orsted aeble oeuvre"),
        ("Đorđe Þór", "dorde thor"),
        ("İstanbul ISPARTA ılık", "istanbul isparta ilik"),
        ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
        ("ﬁne Ｗｉｄｅ ①", "fine wide 1"),
        ("a\u00a0b\u2003c\td", "a b c d"),
        ("2026–083 2026—083 2026‑083 2026−083", "2026-083 2026-083 2026-083 2026-083"),
        ("٠٤٤ ۰۴۴ ०४४", "044 044 044"),
        ("pa\u00adper\u200b zero\u202ewidth\ufeff", "paper zerowidth"),
        ("김치 王小明", "김치 王小明"),
        ("हिन्दी", "हिन्दी"),
        ("がぎ", "がぎ"),
        ("محمَّد أحمد", "محمد احمد"),
        ("שָׁלוֹם", "שלום"),
        ("plain ASCII-text 100% _", "plain ascii-text 100% _"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == folded
    assert fold(folded) == folded


def test_fold_knows_its_version_and_null():
    assert sql("skeleton_fold(%s, 1)", "Ä") == "a"
    assert sql("skeleton_fold(NULL::text)") is None
    with pytest.raises(DatabaseError, match="no version 2"):
        sql("skeleton_fold(%s, 2)", "a")


NAMES = {
    "jerome": "Jérôme Lefèvre",
    "nguyen": "Nguyễn Văn An",
    "strasse": "Bäckerei Straße",
    "elkin": "Ёлкин и Ко",
    "obrien": "O’Brien Ltd",
    "maryana": "Мар’яна",
    "muller": "Schmidt-Müller GmbH & Co. KG",
}
PHONE, TAX_ID = "+1-555-0199", "12.345.678-9"


@pytest.fixture
def people():
    for name in NAMES.values():
        CustomerFactory.create(name=name, email=f"{sql('md5(%s)', name)}@x.example", phone=None, tax_id=None)
    CustomerFactory.create(name="Numbers", email="numbers@one.example", phone=PHONE, tax_id=TAX_ID)


def found(text):
    return sorted(search_rows(Customer.objects.all(), text, (SEARCH_TEXT,)).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("jerome", "jerome"),
        ("JÉRÔME", "jerome"),
        ("lefevre jerome", "jerome"),
        ("nguyen", "nguyen"),
        ("an văn", "nguyen"),
        ("strasse", "strasse"),
        ("STRASSE backerei", "strasse"),
        ("елкин", "elkin"),
        ("obrien", "obrien"),
        ("o'brien", "obrien"),
        ("o´brien", "obrien"),
        ("мар'яна", "maryana"),
        ("марʼяна", "maryana"),
        ("мар`яна", "maryana"),
        ("маряна", "maryana"),
        ("muller schmidt", "muller"),
        ("schmidt–müller", "muller"),
        ("schmidt/muller", "muller"),
        ("(schmidt), müller!", "muller"),
        ("co.", "muller"),
    ],
)
def test_names_are_found(people, text, name):
    assert NAMES[name] in found(text)
    assert "Numbers" not in found(text)


@pytest.mark.parametrize(
    "text",
    [
        *("5550199", "+1-555-0199", "+1 555 0199", "(555) 0199", "555.0199", "15550199", "555\u00a00199", "555–0199"),
        *("٥٥٥٠١٩٩", "0015550199", "\u202a+15550199\u202c", "123456789", "12 345 678", "12.345.678-9", "12/345/678"),
        *("numbers 5550199", "0199 numbers", "numbers@one", "NUMBERS@ONE.example"),
    ],
)
def test_numbers_are_found_without_their_separators(people, text):
    assert found(text) == ["Numbers"]


@pytest.mark.parametrize("text", ["йерсе", "50199123", "numbers 777", "100%", "num%ers", "5550198", "n_mbers\\"])
def test_what_is_not_there_is_not_found(people, text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["", "  ", "'", "—", "\u200b", "\x00"])
def test_a_text_without_words_finds_everything(people, text):
    assert len(found(text)) == len(NAMES) + 1


def test_no_match_spans_two_fields(people):
    assert found("numbersnumbers@one") == []
    assert found("1234567891") == []


def test_columns_without_a_folded_copy_and_names_in_languages_are_folded_when_read():
    Country.objects.create(code="QQ", name={"en": "Quux", "de": "Österquux"})
    for text in ("osterquux", "QUUX oster", "qq"):
        assert [row.code for row in search_rows(Country.objects.all(), text, ("code", "name"))] == ["QQ"]
    with pytest.raises(FieldError, match="no text in 'addresses'"):
        search_rows(Party.objects.all(), "a", ("addresses",))


def test_the_search_uses_the_trigram_index(people):
    rows = search_rows(Party.objects.order_by(), "Lefèvre Jérôme 5550199 555-01-99", (SEARCH_TEXT,)).values("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert "Bitmap Index Scan on parties_party_search" in plan
    assert all(
        f"{{{patterns}}}" in plan for patterns in ("%lefevre%", "%jerome%", "%5550199%", "%555_01_99%,%5550199%")
    )
