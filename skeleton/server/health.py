"""Health and readiness endpoints for load balancers and supervisors."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from skeleton.kernel.errors import ServiceUnavailable
from skeleton.rest.handler import error_response, handle
from skeleton.rest.http import JsonResponse

_migrated = False


def health(request: HttpRequest) -> HttpResponse:
    """Return 200 if the process is running. It checks nothing else."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database answers and no migration is missing, otherwise 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated():
            return error_response(ServiceUnavailable("Migrations are missing.", retry_after=5))
    except Exception as exc:  # noqa: BLE001 (any error means that it is not ready)
        return handle(exc)
    return JsonResponse({"status": "ready"})


def _is_migrated() -> bool:
    """Return whether all migrations are applied. A positive result is cached for the life of the process."""
    global _migrated  # noqa: PLW0603
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
