"""Concurrency tests with real threads and connections, for transactional tests."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import DatabaseError, connection

from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.errors import Conflict, DomainError

Result = TypeVar("Result")


def run_in_threads(count: int, act: Callable[[int], Result]) -> list[Result]:
    """Run `act(number)` in `count` threads that start together, and return the results in order."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Result:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def run_concurrently(*jobs: Callable[[], object]) -> list[Any]:
    """Run all `jobs` at the same time, and return the result or the domain error of each, in order.

    Only errors of services and constraints are results. A deadlock or any other error fails the test.
    """

    def outcome(number: int) -> object:
        try:
            return jobs[number]()
        except DomainError as refusal:
            return refusal
        except DatabaseError as error:
            refused = domain_error_for(error)
            if isinstance(refused, Conflict):
                return refused
            raise

    return run_in_threads(len(jobs), outcome)
