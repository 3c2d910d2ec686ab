"""The README's story with the generated client: from a customer to a paid invoice, and what programs do besides."""

import datetime as dt
import io
import os
from uuid import uuid4

from skeleton_client import AuthenticatedClient, Client
from skeleton_client.api.authentication import login
from skeleton_client.api.customers import create_customer, list_customers
from skeleton_client.api.files import upload_file
from skeleton_client.api.invoices import create_invoice, record_invoice_payment, send_invoice
from skeleton_client.models import (
    ApiError,
    CreatedCustomerOutput,
    CustomerInput,
    CustomerPage,
    FileOutput,
    InvoiceInput,
    InvoiceOutput,
    InvoicePaymentInput,
    InvoicePaymentInputMethod,
    LineInput,
    LoginInput,
    RecordedPaymentOutput,
    SendInput,
    TokenOutput,
    UploadInput,
)
from skeleton_client.types import File

URL = os.environ.get("SKELETON_URL", "http://127.0.0.1:8080")


def sign_in() -> AuthenticatedClient:
    email = os.environ.get("SKELETON_EMAIL", "admin@skeleton.local")
    password = os.environ.get("SKELETON_PASSWORD", "03041965")
    token = login.sync(client=Client(base_url=URL), body=LoginInput(email=email, password=password))
    assert isinstance(token, TokenOutput), token
    return AuthenticatedClient(base_url=URL, token=token.access_token)


def create(client: AuthenticatedClient, name: str) -> CreatedCustomerOutput:
    body = CustomerInput(name=name, email="contact@acme.com", credit_limit=100000, currency="USD")
    customer = create_customer.sync(client=client, body=body)
    assert isinstance(customer, CreatedCustomerOutput), customer
    return customer


def sell_and_get_paid(client: AuthenticatedClient) -> None:
    customer = create(client, "Acme Corp")
    line = LineInput(description="Services", quantity=1, unit_price=50000, currency="USD")
    body = InvoiceInput(customer_id=customer.id, due_date=dt.date(2099, 12, 15), lines=[line])
    created = create_invoice.sync_detailed(client=client, body=body)
    invoice = created.parsed
    assert isinstance(invoice, InvoiceOutput), created
    assert created.headers["Location"] == f"/api/v1/invoices/{invoice.id}"
    sent = send_invoice.sync(invoice.id, client=client, body=SendInput())
    assert isinstance(sent, InvoiceOutput), sent
    assert sent.status == "sent"
    payment = InvoicePaymentInput(amount=50000, currency="USD", method=InvoicePaymentInputMethod.BANK_TRANSFER)
    paid = record_invoice_payment.sync(invoice.id, client=client, body=payment)
    assert isinstance(paid, RecordedPaymentOutput), paid
    assert paid.invoice_status == "paid"


def upload(client: AuthenticatedClient) -> None:
    content = File(payload=io.BytesIO(b"hello"), file_name="note.txt", mime_type="text/plain")
    file = upload_file.sync(client=client, body=UploadInput(file=content, purpose="note"))
    assert isinstance(file, FileOutput), file
    assert (file.name, file.size) == ("note.txt", 5)


def read_all_pages(client: AuthenticatedClient) -> None:
    for name in ("First", "Second", "Third"):
        create(client, name)
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = list_customers.sync(client=client, cursor=cursor, limit=2)
        assert isinstance(page, CustomerPage), page
        names += [customer.name for customer in page.items]
        cursor = page.next_cursor or None
    assert sorted(names) == ["Acme Corp", "First", "Second", "Third"]


def try_again(client: AuthenticatedClient) -> None:
    """Send a request twice with one key, as after a connection that broke: it takes effect once."""
    key, body = str(uuid4()), CustomerInput(name="Only once", email="once@acme.com")
    first = create_customer.sync_detailed(client=client, body=body, idempotency_key=key)
    second = create_customer.sync_detailed(client=client, body=body, idempotency_key=key)
    assert isinstance(first.parsed, CreatedCustomerOutput), first
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    other = CustomerInput(name="Another", email="once@acme.com")
    refused = create_customer.sync(client=client, body=other, idempotency_key=key)
    assert isinstance(refused, ApiError), refused
    assert refused.error == "idempotency_mismatch"


def see_an_error(client: AuthenticatedClient) -> None:
    refused = create_customer.sync_detailed(client=client, body=CustomerInput(name="", email="nobody"))
    assert refused.status_code == 422
    assert isinstance(refused.parsed, ApiError), refused
    assert refused.parsed.error == "validation_error"


if __name__ == "__main__":
    client = sign_in()
    sell_and_get_paid(client)
    upload(client)
    read_all_pages(client)
    try_again(client)
    see_an_error(client)
    print("done")
