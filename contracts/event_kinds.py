"""The kinds of objects of this app that have events."""

from skeleton.events.kinds import Kind

KINDS = (
    Kind(
        "contract",
        "contracts_contract",
        "contracts",
        "/contracts/{id}",
        ("contracts:read", "parties:read"),
        statuses={
            "pending_approval": "submitted",
            "active": "activated",
            "expired": "expired",
            "terminated": "terminated",
        },
        transitions={"pending_approval>draft": "rejected"},
    ),
)
