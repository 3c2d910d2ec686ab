"""The `settings.DATABASES` entry of the embedded database."""

from pathlib import Path
from typing import Any

from skeleton.embedded_postgres.paths import DATABASE, USER

ENGINE = "skeleton.embedded_postgres"


def embedded_database(data_dir: Path, *, durable: bool = True) -> dict[str, Any]:
    """Return the entry for `DATABASES["default"]` when DATABASE_URL is unset.

    `data_dir` is SKELETON_DATA_DIR. `durable=False` is for tests only: it uses a separate data folder
    (`<data_dir>/postgres-test`), and a crash may lose data.
    """
    return {
        "ENGINE": ENGINE,
        "NAME": DATABASE,
        "USER": USER,
        "EMBEDDED_DIR": str(data_dir / "postgres"),
        "EMBEDDED_DURABLE": durable,
    }
