"""What happens to imports by itself, and the job that works on them."""

from skeleton.core.jobs import periodic
from skeleton.exchange.imports import forget_old_imports, work_on_import

__all__ = ["forget", "work_on_import"]


@periodic("43 3 * * *")
def forget() -> None:
    """Every night: files that were taken in long ago."""
    forget_old_imports()
