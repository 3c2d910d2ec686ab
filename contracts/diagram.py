"""The contract state machine as a Mermaid diagram and a table for `docs/contracts.md`."""

from contracts.choices import Action, ContractStatus
from contracts.state_machine import TRANSITIONS, USER_ACTIONS
from skeleton.kernel.diagrams import GeneratedSection, state_diagram, table


def generated_section() -> GeneratedSection:
    """Return the generated part of the document."""
    rows = ((status.value, _cells(status)) for status in ContractStatus)
    diagram = state_diagram(ContractStatus.DRAFT.value, _moves())
    return GeneratedSection(
        "draw_contracts", [*diagram, "", *table(("state", "what may be done, and where it leads"), rows)]
    )


def _moves() -> dict[tuple[str, str], list[str]]:
    """Return the transitions. Actions that keep the state are only in the table, except for renewals."""
    found: dict[tuple[str, str], list[str]] = {}
    for source in ContractStatus:
        for action, targets in TRANSITIONS.items():
            target = targets.get(source)
            if target and (target != source or action == Action.RENEW):
                found.setdefault((source.value, target.value), []).append(action.value)
    return found


def _cells(status: ContractStatus) -> list[str]:
    return [
        f"`{action.value}`" if targets[status] == status else f"`{action.value}` → {targets[status].value}"
        for action, targets in TRANSITIONS.items()
        if status in targets and action in USER_ACTIONS
    ]
