"""Titles and purposes of jobs for the back office. Each job declares its own."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from skeleton.kernel.translation import Text

Function = TypeVar("Function", bound=Callable[..., object])


class Title(NamedTuple):
    """The name of a job. For a periodic job, `purpose` says when it runs and what it does."""

    name: Text
    purpose: Text = ""


_titles: dict[str, Title] = {}


def titled(name: Text, purpose: Text = "") -> Callable[[Function], Function]:
    """Declare the title of a job. Use it as a decorator below `@job` or `@periodic`."""

    def declare(function: Function) -> Function:
        _titles[name_of(function)] = Title(name, purpose)
        return function

    return declare


def name_of(function: Callable[..., object]) -> str:
    """Return the name of a job in the queue: the dotted name of its function."""
    return f"{function.__module__}.{function.__name__}"


def job_title(task_name: str) -> Title:
    """Return the title of a job. A job without one (of a former version) gets its function's name."""
    return _titles.get(task_name) or Title(task_name.rpartition(".")[2].replace("_", " ").capitalize())
