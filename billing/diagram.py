"""The order state machine as a Mermaid diagram for `docs/orders.md`."""

from billing.choices import OrderStatus
from billing.state_machine import ACTION_NAMES, TRANSITIONS
from skeleton.kernel.diagrams import GeneratedSection, state_diagram


def generated_section() -> GeneratedSection:
    """Return the generated part of the document."""
    moves = {
        (source.value, target.value): [ACTION_NAMES[target]]
        for source, targets in TRANSITIONS.items()
        for target in targets
    }
    return GeneratedSection("draw_orders", state_diagram(OrderStatus.DRAFT.value, moves))
