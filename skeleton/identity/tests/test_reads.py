"""Lists and reads of identity: query counts, and compiled reads compared with ordinary ones."""

import pytest

from skeleton.identity.models import Role
from skeleton.identity.tests.factories import RoleFactory, UserFactory, actor_of, user_with
from skeleton.identity.views import RoleViewSet, UserViewSet
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.reading import check_reads

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(owner, colleague, viewer):
    UserFactory.create(name="Ян Ковальчук", email="yan@example.com", is_active=False)
    UserFactory.create(name="100% _sure_", email="sure@example.com")
    user_with("users:read", "roles:read", name="carl colleague", email="carl2@example.com")


def test_query_counts(owner, crowd):
    check_query_counts(
        "skeleton.identity",
        owner,
        {
            "/users/{id}": f"/users/{owner.user.pk}",
            "/roles/{id}": f"/roles/{Role.objects.get(name='admin').pk}",
        },
    )


def test_compiled_reads_of_users(owner, crowd):
    check_reads(UserViewSet, actor_of(owner.user), search=["CARL", "ян", "100% _", "nobody at all", "\\"])


def test_compiled_reads_of_roles(owner, crowd):
    RoleFactory.create(name="Аудитор", description="")
    check_reads(RoleViewSet, actor_of(owner.user))
