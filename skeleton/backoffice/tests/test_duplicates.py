"""The hint on the page of a new party that looks like an existing one."""

import pytest

from parties.models import Customer

pytestmark = pytest.mark.django_db


def test_the_page_gives_a_hint_with_links(clerk):
    first = Customer.objects.create(kind="customer", name="Müller <GmbH>", email="a@example.com", currency="USD")
    body = {
        "name": "Muller <gmbh>",
        "email": "A@example.com",
        "addresses-TOTAL_FORMS": "0",
        "addresses-INITIAL_FORMS": "0",
    }
    response = clerk.post("/admin/parties/customer/add/", body, follow=True)
    shown = response.content.decode()
    assert "This may be a duplicate of:" in shown
    assert (
        f'href="/admin/parties/customer/{first.pk}/change/">Müller &lt;GmbH&gt;</a> (same e-mail, same name)' in shown
    )
    assert Customer.objects.count() == 2
