"""What `settings.DATABASES` needs for the embedded database."""

from pathlib import Path
from typing import Any

from skeleton.embedded_postgres.layout import DATABASE, USER

ENGINE = "skeleton.embedded_postgres"


def embedded_database(data_dir: Path, *, durable: bool = True) -> dict[str, Any]:
    """The entry for `DATABASES["default"]` when DATABASE_URL is unset.

    `data_dir` is SKELETON_DATA_DIR. `durable=False` is for tests only: a data folder of its own
    (`<data_dir>/postgres-test`) where a crash may lose data.
    """
    return {
        "ENGINE": ENGINE,
        "NAME": DATABASE,
        "USER": USER,
        "EMBEDDED_DIR": str(data_dir / "postgres"),
        "EMBEDDED_DURABLE": durable,
    }
