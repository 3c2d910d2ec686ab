class BackupError(Exception):
    """A backup or restore failed. The message is one line for the operator."""
