from skeleton.rest.filters import BooleanFilter, FilterSet, SearchFilter


class UserFilterSet(FilterSet):
    search = SearchFilter("email", "name", label="Words to find in the e-mail address and the name.")
    active = BooleanFilter(field_name="is_active")
