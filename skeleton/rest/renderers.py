"""JSON is what the API speaks; here only for DRF's content negotiation, since answers come rendered."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from skeleton.rest.http import dump_json


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return dump_json(data)
