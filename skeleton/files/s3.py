"""File storage in a bucket of S3 or a compatible service.

It is imported only if the settings use it, because its client takes 20 MB of memory in every process.
"""

from typing import Any, ClassVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage

LINK_SECONDS = 60
NOT_FOUND_CODES = ("404", "NoSuchKey")


class S3Files(S3Storage):  # type: ignore[misc]
    """A bucket of S3 or a compatible service, with short timeouts so that no request waits for long."""

    failures: ClassVar[tuple[type[Exception], ...]] = (BotoCoreError, ClientError)

    def __init__(self, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
            # Compatible services may not support the checksums that newer clients add by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=3,
            read_timeout=20,
            retries={"total_max_attempts": 2},
        )
        super().__init__(client_config=config, querystring_expire=LINK_SECONDS, default_acl=None, **options)

    @property
    def description(self) -> str:
        """Return a description of the bucket, its endpoint and the prefix."""
        endpoint = f" at {self.endpoint_url}" if self.endpoint_url else ""
        prefix = f"under the prefix {self.location}" if self.location else "without a prefix (the whole bucket)"
        return f"the bucket {self.bucket_name}{endpoint}, {prefix}"

    @staticmethod
    def is_gone(exc: Exception) -> bool:
        """Return whether `exc` means that the object does not exist."""
        return isinstance(exc, ClientError) and exc.response.get("Error", {}).get("Code") in NOT_FOUND_CODES

    def signed_link(self, key: str, *, name: str, mime_type: str) -> str:
        """Return a link that is valid for LINK_SECONDS and downloads the object as `name`."""
        parameters = {
            "ResponseContentDisposition": content_disposition_header(True, name),
            "ResponseContentType": mime_type,
            "ResponseCacheControl": "private, no-store",
        }
        return str(self.url(key, parameters=parameters))
