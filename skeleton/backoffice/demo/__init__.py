"""A believable company, made by the services that make real ones: `manage.py seed_demo`."""
