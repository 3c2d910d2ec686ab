"""Request bodies from the API reference, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

PREFERENCES = OpenApiExample(
    "By e-mail and push, and not at night",
    value={
        "email_enabled": True,
        "sms_enabled": False,
        "push_enabled": True,
        "quiet_hours_start": "22:00",
        "quiet_hours_end": "08:00",
    },
    request_only=True,
)
