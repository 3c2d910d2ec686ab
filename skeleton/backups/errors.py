class BackupError(Exception):
    """What stops a backup or a restore, in one line for the operator."""
