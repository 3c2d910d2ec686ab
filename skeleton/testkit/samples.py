"""Samples of similar cases for ordinary test runs. `make full`, which CI runs too, uses all of them."""

import os
from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")

FULL = bool(os.environ.get("SKELETON_TEST_FULL"))


def sample(few: Sequence[Case], *others: Case) -> list[Case]:
    """Return `few`, followed by `others` in a full run."""
    return [*few, *(others if FULL else ())]
