from skeleton.rest.filters import FilterSet, FromDayFilter, TextFilter, ToDayFilter, UUIDFilter


class AuditFilterSet(FilterSet):
    actor_id = UUIDFilter()
    action = TextFilter()
    resource = TextFilter()
    resource_id = UUIDFilter()
    from_date = FromDayFilter(label="First day (UTC), inclusive.")
    to_date = ToDayFilter(label="Last day (UTC), inclusive.")
