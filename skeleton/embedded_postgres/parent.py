"""Children that do not outlive their parent, even one that was killed."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
# Loaded here, not in a child between fork and exec.
LIBRARY = ctypes.CDLL(None, use_errno=True) if LINUX else None


def stop_with_parent(parent: int, kind: signal.Signals) -> None:
    """Called in a child: have the kernel send it `kind` when the process `parent` dies. Linux only."""
    if LIBRARY is None:
        return
    LIBRARY.prctl(PR_SET_PDEATHSIG, kind, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)
