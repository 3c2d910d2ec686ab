"""Users are notified about changes of their account, in the same transaction, without a dependency of identity."""

import pytest
from django.db import transaction

from skeleton.identity.models import Role
from skeleton.identity.services import accounts
from skeleton.identity.tests.factories import RoleFactory, actor_of, user_in_role
from skeleton.kernel.errors import Conflict
from skeleton.notifications.models import Notification
from skeleton.notifications.tests.factories import queued, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return RoleFactory.create(name="seller", permissions=["invoices:read"])


def test_roles_and_status(owner, outsider, seller):
    path = f"/users/{outsider.user.pk}"
    owner.post(f"{path}/roles", {"role_id": str(seller.pk)}).ok()
    owner.delete(f"{path}/roles/{seller.pk}").ok()
    owner.patch(f"{path}/deactivate").ok()
    owner.patch(f"{path}/activate").ok()
    assert told(outsider.user) == [
        "account.role_granted",
        "account.role_removed",
        "account.deactivated",
        "account.activated",
    ]
    assert told(owner.user) == []
    texts = Notification.objects.order_by("id").values_list("title", "body")
    assert list(texts)[:2] == [
        ("You hold the role seller now", "Olha Owner gave it to you."),
        ("You no longer hold the role seller", "Olha Owner took it away."),
    ]
    assert len(queued()) == 4


def test_what_is_refused_or_undone_told_nobody(owner, outsider, seller):
    path, actor = f"/users/{outsider.user.pk}", actor_of(owner.user)
    owner.patch(f"{path}/activate").refused(409)
    owner.delete(f"{path}/roles/{seller.pk}").refused(404)
    with transaction.atomic():
        accounts.assign_role(user_id=outsider.user.pk, role_id=seller.pk, actor=actor)
        accounts.deactivate_user(user_id=outsider.user.pk, actor=actor)
        assert len(told(outsider.user)) == 2
        transaction.set_rollback(True)
    assert told(outsider.user) == []
    assert not queued()


def test_what_the_database_refuses_at_the_end_told_nobody():
    """The last super administrator keeps the role: a trigger refuses after the notification was written."""
    chief = user_in_role("super_admin")
    role = Role.objects.get(name="super_admin")
    with pytest.raises(Exception, match="super administrator"), transaction.atomic():
        accounts.remove_role(user_id=chief.pk, role_id=role.pk, actor=actor_of(chief))
    assert told(chief) == []


def test_a_name_with_line_breaks_is_one_line(outsider, seller):
    chief = user_in_role("super_admin", name="Eve\r\nBcc: all@example.com")
    accounts.assign_role(user_id=outsider.user.pk, role_id=seller.pk, actor=actor_of(chief))
    assert Notification.objects.get().body == "Eve Bcc: all@example.com gave it to you."
    with pytest.raises(Conflict):
        accounts.activate_user(user_id=outsider.user.pk, actor=actor_of(chief))
