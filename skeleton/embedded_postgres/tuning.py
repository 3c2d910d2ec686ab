"""PostgreSQL settings, computed from the machine's memory at each start."""

import os
from pathlib import Path

MEGABYTE = 1024 * 1024
SMALLEST_BUFFERS = 32  # megabytes
LARGEST_BUFFERS = 512
CONNECTIONS = 200
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def server_settings(*, durable: bool) -> dict[str, str]:
    """Return PostgreSQL's settings by name. Without `durable` a crash may lose data; this is for tests only."""
    memory = memory_megabytes()
    buffers = max(SMALLEST_BUFFERS, min(LARGEST_BUFFERS, memory // 8))
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": str(CONNECTIONS),
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(buffers, memory // 2)}MB",
        "max_wal_size": "1GB",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_min_messages": "warning",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] ",
        "logging_collector": "off",
        "random_page_cost": "1.1",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return settings


def memory_megabytes() -> int:
    """Return the memory available to this process: the machine's memory or its container's limit."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        allowed = int(CGROUP_LIMIT.read_text())
    except (OSError, ValueError):  # no container, or no limit ("max")
        allowed = machine
    return min(machine, allowed) // MEGABYTE
