"""Is the process there, is it ready: for load balancers and supervisors."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from skeleton.kernel.errors import ServiceUnavailable
from skeleton.rest.handler import error_response, handle
from skeleton.rest.http import JsonResponse

_migrated = False


def health(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and no migration is missing; else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated():
            return error_response(ServiceUnavailable("Migrations are missing.", retry_after=5))
    except Exception as exc:  # noqa: BLE001 (whatever is wrong, this answers)
        return handle(exc)
    return JsonResponse({"status": "ready"})


def _is_migrated() -> bool:
    """Asked of the migration files until they are all applied; a process does not lose migrations."""
    global _migrated  # noqa: PLW0603
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
