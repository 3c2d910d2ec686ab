"""Static files with the headers that a browser must see: the HTTP server's own mount has no setting for any."""

import re

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

_HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+\Z")
"""The end of a name that changes with its content (`ManifestStaticFilesStorage`)."""


@require_safe
def static_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """Return one collected file. Raises Http404; never leaves `STATIC_ROOT`."""
    try:
        answer = serve(request, path, document_root=str(settings.STATIC_ROOT))
    except (SuspiciousFileOperation, OSError) as exc:  # outside of the folder; a name that no file can have
        raise Http404 from exc
    for_ever = _HASHED.search(path)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if for_ever else "public, max-age=3600"
    return answer
