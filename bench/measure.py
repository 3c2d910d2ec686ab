"""CPU time of processes, from /proc: steadier than a throughput on a machine that others use, too."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """User and system time of the process `root` and all its descendants, those that have ended included."""
    children: dict[int, list[int]] = {}
    spent: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has just ended, and its parent has its time
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


def resident_megabytes(root: int) -> float:
    """Resident memory of the process `root` alone."""
    for line in Path(f"/proc/{root}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
