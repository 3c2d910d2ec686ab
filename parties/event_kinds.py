"""The kinds of objects of this app that have events."""

from parties.choices import PartyKind, PartyStatus
from skeleton.events.kinds import Kind

_STATUSES = {
    PartyStatus.ACTIVE.value: "activated",
    PartyStatus.INACTIVE.value: "deactivated",
    PartyStatus.BLACKLISTED.value: "blacklisted",
}

KINDS = (
    *(
        Kind(
            noun=kind.value,
            source="parties_party",
            resource=f"{kind.value}s",
            path=f"/{kind.value}s/{{id}}",
            any_of=("customers:read", "parties:read") if kind == PartyKind.CUSTOMER else ("parties:read",),
            statuses=_STATUSES,
            parts=("parties_address",),
        )
        for kind in PartyKind
    ),
    Kind("country", "parties_country", "countries", "/countries/{id}", ("countries:read",)),
)
