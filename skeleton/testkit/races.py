"""Several at the same moment, with real threads on real connections. For transactional tests."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import DatabaseError, connection

from skeleton.kernel.constraints import explain
from skeleton.kernel.errors import Conflict, DomainError

Result = TypeVar("Result")


def race(count: int, act: Callable[[int], Result]) -> list[Result]:
    """Do `act(number)` in `count` threads that start together; what each returned, in the order of their numbers."""
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


def contest(*jobs: Callable[[], Any]) -> list[Any]:
    """Do all `jobs` at the same moment; what each returned, or the refusal that it met, in their order.

    Only refusals are outcomes, of services and of constraints: a deadlock, or any other fault, fails the test.
    """

    def outcome(number: int) -> Any:
        try:
            return jobs[number]()
        except DomainError as refusal:
            return refusal
        except DatabaseError as error:
            refused = explain(error)
            if isinstance(refused, Conflict):
                return refused
            raise

    return race(len(jobs), outcome)
