"""Demo data of a realistic company, created with the regular services: `manage.py seed_demo`."""
