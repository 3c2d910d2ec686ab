"""A stock Django REST framework project, as most would write it, on our tables."""
