"""The services of billing: the only code that writes documents."""
