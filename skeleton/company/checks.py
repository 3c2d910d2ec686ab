"""System checks of the company: its first values from the environment, and its time zone."""
