"""CPU time and memory of processes from /proc. On a shared machine these are more stable than throughput."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """Return the user and system time of the process `root` and all its descendants, including those that exited."""
    children: dict[int, list[int]] = {}
    spent: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has just exited, and its time is counted in its parent
            continue
        fields = stat.rpartition(") ")[2].split()
        pid, parent = int(folder.name), int(fields[1])
        children.setdefault(parent, []).append(pid)
        spent[pid] = sum(int(field) for field in fields[11:15])  # utime, stime, and those of waited-for children
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        total += spent.get(pid, 0)
        waiting += children.get(pid, [])
    return total / TICKS


def memory(root: int) -> float:
    """Return the megabytes used by the children of the process `root`, without its database."""
    return sum(_megabytes(child, "VmRSS") for child in _children(root))


def peak(root: int) -> float:
    """Return the sum of the peaks of the same processes since `forget_peak`, an upper bound of their joint peak."""
    return sum(_megabytes(child, "VmHWM") for child in _children(root))


def forget_peak(root: int) -> None:
    for child in _children(root):
        Path(f"/proc/{child}/clear_refs").write_text("5", encoding="ascii")  # man 5 proc


def _children(root: int) -> set[int]:
    found = Path(f"/proc/{root}/task").glob("*/children")
    children = {int(child) for each in found for child in each.read_text(encoding="ascii").split()}
    return {child for child in children if b"postgres" not in Path(f"/proc/{child}/cmdline").read_bytes()}


def _megabytes(pid: int, what: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    return 0.0
