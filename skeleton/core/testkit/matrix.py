"""The permission table: what each route asks for, written by hand from the contract, never derived from the code.

Every app lists its own in `tests/routes.py`; `tests/test_permission_matrix.py` holds them against the URLconf, the
OpenAPI document and the answers that each kind of caller gets.
"""

from dataclasses import dataclass
from typing import Literal

Special = Literal["public", "signed_in", "or_oneself"]


@dataclass(frozen=True, slots=True)
class Route:
    """`Route("GET", "/customers/{id}", "customers:read", "parties:read")`: any one of the permissions is enough.

    `special`: "public" (no token), "signed_in" (any user), "or_oneself" (or the user in the path).
    """

    method: str
    path: str
    any_of: tuple[str, ...]
    special: Special | None = None

    def __init__(self, method: str, path: str, *any_of: str, special: Special | None = None) -> None:
        object.__setattr__(self, "method", method)
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "any_of", any_of)
        object.__setattr__(self, "special", special)
