"""Request bodies from the API reference, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

GROUP = OpenApiExample(
    "A team",
    value={
        "type": "group",
        "name": "Project Team",
        "member_ids": ["019d75e7-0000-7000-8000-0000000000a1", "019d75e7-0000-7000-8000-0000000000a2"],
    },
    request_only=True,
)

RENAMED = OpenApiExample(
    "Another name", value={"name": "Updated Group Name", "description": "Updated description"}, request_only=True
)

MESSAGE = OpenApiExample("Hello", value={"content": "Hello!", "attachments": []}, request_only=True)
