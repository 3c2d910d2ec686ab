"""SQL expressions that the ORM does not have."""

from django.db.models import DateField, Func


class CurrentDate(Func):
    """PostgreSQL's CURRENT_DATE; connections are in UTC."""

    template = "CURRENT_DATE"
    output_field = DateField()
