"""Serializers of electronic invoices."""

from skeleton.rest.fields import TextField
from skeleton.rest.serializers import Serializer


class FindingSerializer(Serializer):
    """What keeps an e-invoice from being accepted."""

    term = TextField(help_text="The business term or group of EN 16931, such as BT-10.")
    field = TextField(help_text="Where to correct it: a field of the document, or of the `company` or the `customer`.")
    message = TextField()
