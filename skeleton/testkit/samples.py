"""Samples: what the ordinary run tries of a long list of the same kind. `make full`, which CI runs too, tries all."""

import os
from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")

FULL = bool(os.environ.get("SKELETON_TEST_FULL"))


def sample(few: Sequence[Case], *others: Case) -> list[Case]:
    """Return `few`, in a full run with `others` behind them."""
    return [*few, *(others if FULL else ())]
