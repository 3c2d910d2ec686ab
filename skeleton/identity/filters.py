from typing import Any

from django.db.models import Q, QuerySet

from skeleton.identity.models import User
from skeleton.rest.filters import BooleanFilter, FilterSet, LikeFilter


class UserFilterSet(FilterSet):
    search = LikeFilter(method="matching", label="Search in the e-mail address and the name, ignoring case.")
    active = BooleanFilter(field_name="is_active")

    def matching(self, rows: QuerySet[User], name: str, value: Any) -> QuerySet[User]:
        return rows.filter(Q(email__lower__matches=value) | Q(name__lower__matches=value))
