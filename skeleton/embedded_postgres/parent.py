"""Makes child processes exit with their parent, even if the parent is killed."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
# Loaded at import, because it must not be loaded in a child between fork and exec.
LIBRARY = ctypes.CDLL(None, use_errno=True) if LINUX else None


def stop_with_parent(parent: int, kind: signal.Signals) -> None:
    """Have the kernel send `kind` to this process when its parent `parent` dies. Call it in the child. Linux only."""
    if LIBRARY is None:
        return
    LIBRARY.prctl(PR_SET_PDEATHSIG, kind, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the call above
        os._exit(1)
