"""The benchmark's other servers answer with the same keys as ours; otherwise `make bench` refuses to compare them."""

import pytest
from pydantic import BaseModel

from bench import peer_schemas
from billing import serializers as billing
from inventory import serializers as inventory
from parties import serializers as parties
from skeleton.rest.serializers import Serializer

SHAPES: dict[str, tuple[type[Serializer], type[BaseModel]]] = {
    "customer": (parties.CustomerSerializer, peer_schemas.CustomerOut),
    "invoice": (billing.InvoiceSerializer, peer_schemas.InvoiceOut),
    "invoices": (billing.InvoiceRowSerializer, peer_schemas.InvoiceRowOut),
    "lines": (billing.LineSerializer, peer_schemas.LineOut),
    "orders": (billing.OrderRowSerializer, peer_schemas.OrderRowOut),
    "stock": (inventory.StockSerializer, peer_schemas.StockOut),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_peer_has_our_keys(name):
    ours, theirs = SHAPES[name]
    assert set(theirs.model_fields) == set(ours().fields)
