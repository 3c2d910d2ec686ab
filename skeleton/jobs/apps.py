from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "skeleton.jobs"
    label = "jobs"
