"""Files: static files, uploads and their storage."""

from typing import Any

from skeleton.settings.environment import SKELETON_DATA_DIR, env, reading

with reading():
    SKELETON_STORAGE = env.str("SKELETON_STORAGE", "local")
    _bucket = {
        "bucket_name": env.str("SKELETON_S3_BUCKET", ""),
        "endpoint_url": env.str("SKELETON_S3_ENDPOINT", "") or None,
        "region_name": env.str("SKELETON_S3_REGION", "us-east-1"),
        "access_key": env.str("SKELETON_S3_ACCESS_KEY", "") or None,
        "secret_key": env.str("SKELETON_S3_SECRET_KEY", "") or None,
        "location": env.str("SKELETON_S3_PREFIX", ""),
    }

STATIC_URL = "/static/"
STATIC_ROOT = SKELETON_DATA_DIR / "static"
MEDIA_ROOT = SKELETON_DATA_DIR / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
_FILES: dict[str, Any] = (
    {"BACKEND": "skeleton.files.s3.S3Files", "OPTIONS": _bucket}
    if SKELETON_STORAGE == "s3"
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
)
STORAGES = {
    "default": _FILES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

FILE_UPLOAD_HANDLERS = [
    "skeleton.importexport.uploads.MaxBodySizeHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
