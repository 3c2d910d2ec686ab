"""The JSON renderer for DRF's content negotiation. Responses are normally rendered already (`rest.http`)."""

from collections.abc import Mapping

from rest_framework.renderers import BaseRenderer

from skeleton.rest.http import dump_json


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, object] | None = None,
    ) -> bytes:
        return dump_json(data)
