"""No user has the documented password, except in zero-configuration mode."""

import pytest

from skeleton.identity.checks import check_documented_password
from skeleton.identity.models import User
from skeleton.identity.services.accounts import change_password
from skeleton.identity.services.bootstrap import ensure_first_administrator, has_documented_password
from skeleton.identity.services.roles import seed_default_roles
from skeleton.identity.tests.factories import actor_of, user_in_role


@pytest.mark.django_db
class TestDocumentedPassword:
    @pytest.fixture(autouse=True)
    def demo(self, settings):
        settings.SKELETON_ADMIN_EMAIL = settings.SKELETON_ADMIN_PASSWORD = ""
        seed_default_roles()
        ensure_first_administrator(zero_configuration=True)
        settings.ZERO_CONFIGURATION = False

    def test_is_refused_in_production(self):
        (problem,) = check_documented_password(None, databases=["default"])
        assert "admin@skeleton.local" in problem.msg

    def test_is_only_asked_where_the_database_is(self, settings):
        assert check_documented_password(None, databases=None) == []
        settings.ZERO_CONFIGURATION = True
        assert check_documented_password(None, databases=["default"]) == []

    def test_is_found_under_another_e_mail_too(self):
        User.objects.update(email="boss@example.com", name="Boss")
        assert has_documented_password() == "boss@example.com"

    def test_an_inactive_user_may_keep_it(self):
        user_in_role("super_admin")
        User.objects.filter(email="admin@skeleton.local").update(is_active=False)
        assert has_documented_password() is None

    def test_once_changed_all_is_well(self, settings):
        user = User.objects.get(email="admin@skeleton.local")
        change_password(
            actor=actor_of(user), current_password=settings.DEMO_PASSWORD, new_password="Correct horse battery"
        )
        assert check_documented_password(None, databases=["default"]) == []


@pytest.mark.django_db
def test_nobody_chooses_the_documented_password(anonymous, settings):
    body = {"email": "a@example.com", "password": settings.DEMO_PASSWORD, "name": "A"}
    anonymous.post("/auth/register", body).refused(422, "password")
