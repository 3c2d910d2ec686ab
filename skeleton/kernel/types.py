"""Types that several packages share."""

from typing import Any, TypeAlias

Values: TypeAlias = dict[str, Any]
"""Values by name whose types only the data knows: validated by a serializer or form, parsed from JSON, or a row.

DRF, Django and `json` declare them as Any. Use `dict[str, object]` where values are only passed on.
"""
