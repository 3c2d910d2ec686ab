"""Background threads that every server process and every worker runs. Apps register them in `AppConfig.ready()`."""

from collections.abc import Callable

_starters: dict[str, Callable[[], None]] = {}


def register(name: str, start: Callable[[], None]) -> None:
    """Call `start` once in each process that runs background threads, after it was forked."""
    _starters[name] = start


def start_all() -> None:
    """Start every registered thread. Called once, by a process that serves requests or runs jobs."""
    for start in _starters.values():
        start()
