"""The stock way: a small Django project as most would write it, over our tables."""
