"""Finds parties that may be the same as a new one.

They are compared by what people write differently: the e-mail and the name without regard to case and accents, tax and
VAT ids and phones without separators. Only parties of the same kind count: a customer may well be a supplier too.
"""

from dataclasses import dataclass
from uuid import UUID

from parties.choices import PartyKind
from skeleton.db.fetching import fetch
from skeleton.kernel.actors import Actor

MOST = 5
"""Parties that are named at most."""

READERS: dict[PartyKind, tuple[str, ...]] = {PartyKind.CUSTOMER: ("customers:read", "parties:read")}
"""The permissions of which one is needed to read the parties of a kind, if it isn't `parties:read` alone."""


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """A party that looks like another one. `because` names the fields in which they are alike."""

    id: UUID
    name: str
    because: list[str]


_KEYS = """lower({0}.email) AS email, lower({0}.name) AS name, skeleton_fold({0}.name, 1) AS folded, {0}.phone_e164,
        skeleton_compact(skeleton_fold({0}.phone, 1)) AS phone,
        skeleton_compact(skeleton_fold({0}.tax_id, 1)) AS tax_id,
        skeleton_compact(skeleton_fold({0}.vat_id, 1)) AS vat_id"""
"""What is compared of a party."""

_OTHER = "SELECT p.id FROM made JOIN parties_party p ON p.kind = made.kind AND p.id <> made.id AND"

# Each part of `found` uses an index: of the e-mail, the name or the phone, or the trigrams of the searched text. That
# contains all folded names and compact numbers. Short texts are left out of those, since too many rows contain them.
_FOUND = f"""
    WITH made AS MATERIALIZED (
        SELECT id, kind, {_KEYS.format("parties_party")} FROM parties_party WHERE id = %s
    ), found AS (
        ({_OTHER} lower(p.email) = made.email LIMIT {MOST})
        UNION ({_OTHER} lower(p.name) = made.name LIMIT {MOST})
        UNION ({_OTHER} p.phone_e164 = made.phone_e164 LIMIT {MOST})
        UNION ({_OTHER} p.search_text LIKE '%%' || made.folded || '%%' AND skeleton_fold(p.name, 1) = made.folded
               WHERE length(made.folded) >= 5 LIMIT {MOST})
        UNION ({_OTHER} p.search_text LIKE '%%' || made.phone || '%%'
               AND skeleton_compact(skeleton_fold(p.phone, 1)) = made.phone
               WHERE made.phone_e164 IS NULL AND length(made.phone) >= 6 LIMIT {MOST})
        UNION ({_OTHER} p.search_text LIKE '%%' || made.tax_id || '%%' AND made.tax_id IN (
                   skeleton_compact(skeleton_fold(p.tax_id, 1)), skeleton_compact(skeleton_fold(p.vat_id, 1)))
               WHERE length(made.tax_id) >= 4 LIMIT {MOST})
        UNION ({_OTHER} p.search_text LIKE '%%' || made.vat_id || '%%' AND made.vat_id IN (
                   skeleton_compact(skeleton_fold(p.tax_id, 1)), skeleton_compact(skeleton_fold(p.vat_id, 1)))
               WHERE length(made.vat_id) >= 4 LIMIT {MOST})
    )
    SELECT p.id, p.name, array_remove(ARRAY[
        CASE WHEN other.email = made.email THEN 'email' END,
        CASE WHEN made.tax_id IN (other.tax_id, other.vat_id) THEN 'tax_id' END,
        CASE WHEN made.vat_id IN (other.tax_id, other.vat_id) THEN 'vat_id' END,
        CASE WHEN other.phone_e164 = made.phone_e164 OR made.phone_e164 IS NULL AND other.phone = made.phone
             THEN 'phone' END,
        CASE WHEN other.folded = made.folded THEN 'name' END
    ], NULL)
    FROM made, found JOIN parties_party p USING (id), LATERAL (SELECT {_KEYS.format("p")}) AS other
"""  # noqa: S608 (constants only)


def possible_duplicates(*, kind: PartyKind, party_id: UUID, actor: Actor) -> list[PossibleDuplicate]:
    """Return parties of this kind that look like the one with the id, most alike first; none without `read`."""
    if not actor.can(*READERS.get(kind, ("parties:read",))):
        return []
    found = [PossibleDuplicate(*row) for row in fetch(_FOUND, [party_id])]
    return sorted(found, key=lambda one: (-len(one.because), one.id))[:MOST]
