from skeleton.rest.filters import FilterSet, FromDateFilter, TextFilter, ToDateFilter, UUIDFilter


class AuditFilterSet(FilterSet):
    actor_id = UUIDFilter()
    action = TextFilter()
    resource = TextFilter()
    resource_id = UUIDFilter()
    from_date = FromDateFilter(label="First day, inclusive.")
    to_date = ToDateFilter(label="Last day, inclusive.")
