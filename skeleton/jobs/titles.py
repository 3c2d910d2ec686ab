"""What people call the jobs: the titles and purposes on the screen of the jobs, each declared where its job is."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from skeleton.kernel.translation import Text

Function = TypeVar("Function", bound=Callable[..., object])


class Title(NamedTuple):
    """The name of a job, and for one that comes by itself when it comes and what it does."""

    name: Text
    purpose: Text = ""


_titles: dict[str, Title] = {}


def titled(name: Text, purpose: Text = "") -> Callable[[Function], Function]:
    """Declare the title of the function that becomes a job. Goes below `@job` or `@periodic`."""

    def declare(function: Function) -> Function:
        _titles[name_of(function)] = Title(name, purpose)
        return function

    return declare


def name_of(function: Callable[..., object]) -> str:
    """What the queue calls a job: the dotted name of its function."""
    return f"{function.__module__}.{function.__name__}"


def job_title(task_name: str) -> Title:
    """Return the title of a job; the name of its function where none is declared, as for jobs of former versions."""
    return _titles.get(task_name) or Title(task_name.rpartition(".")[2].replace("_", " ").capitalize())
