"""What happens to files by itself."""

from skeleton.core.actors import SYSTEM
from skeleton.core.jobs import periodic
from skeleton.files.services import find_orphans, sweep


@periodic("41 2 * * *")
def sweep_bytes() -> None:
    """Every night: bytes without a row and unfinished uploads. Rows without bytes wait for `manage.py sweep_files`."""
    found = find_orphans()
    found.rows_without_bytes = []
    sweep(found, actor=SYSTEM)
