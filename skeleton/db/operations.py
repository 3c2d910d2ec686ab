"""Operations for migrations."""

from collections.abc import Sequence

from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class NamesAndMessages(SeparateDatabaseAndState):
    """Changes of verbose names and of constraints' messages, of which PostgreSQL knows nothing.

    Django renders models anew after each change: four hundred of them take half a minute. Here that happens once.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        super().__init__(state_operations=operations)

    def deconstruct(self) -> tuple[str, list[Sequence[Operation]], dict[str, object]]:
        return type(self).__name__, [self.state_operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # a cached property: what is not rendered is not rendered anew
        super().state_forwards(app_label, state)
