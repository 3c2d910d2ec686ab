"""Letters over a real SMTP server: copies, attachments, and the server's words where it refuses them."""

import pytest

from skeleton.kernel.ids import uuid7
from skeleton.notifications.mail import (
    Attachment,
    Letter,
    NoMailServer,
    PermanentFailure,
    SendingFailure,
    require_mail_server,
    send_letter,
)

VERA, BOB = "vera@example.com", "bob@example.com"


def letter(**fields):
    return Letter(uuid7(), "Hello", "A text\n", **{"to": [VERA], **fields})


def test_copies_and_attachments(office):
    file = Attachment("INV-1.pdf", b"%PDF-1.7 \x00\xff", "application/pdf")
    send_letter(letter(cc=[BOB], reply_to=["office@example.com"], attachments=[file], automatic=False))
    [mail], [envelope] = office.mails, office.envelopes
    assert envelope.rcpt_tos == [VERA, BOB]
    assert (mail["To"], mail["Cc"], mail["Reply-To"], mail["Auto-Submitted"]) == (VERA, BOB, "office@example.com", None)
    text, attached = mail.iter_parts()
    assert text.get_content().splitlines() == ["A text"]
    assert (attached.get_filename(), attached.get_content_type()) == ("INV-1.pdf", "application/pdf")
    assert attached.get_content() == file.content


@pytest.mark.parametrize(
    "reply, failure",
    [("550 5.1.1 No such user", PermanentFailure), ("451 4.7.1 Try again later", SendingFailure)],
)
def test_a_refused_recipient_in_the_words_of_the_server(office, reply, failure):
    office.replies = {VERA: reply}
    with pytest.raises(failure) as failed:
        send_letter(letter())
    assert type(failed.value) is failure
    assert str(failed.value) == f"{VERA}: {reply}"
    assert office.mails == []


def test_one_of_several_recipients_is_refused(office):
    office.replies = {VERA: "451 Try again later"}
    with pytest.raises(PermanentFailure, match=f"{VERA}: 451 Try again later .sent to the other recipients"):
        send_letter(letter(cc=[BOB]))
    [envelope] = office.envelopes
    assert envelope.rcpt_tos == [BOB]


def test_a_letter_that_some_may_get_later_is_tried_again_as_a_whole(office):
    office.replies = {VERA: "550 No such user", BOB: "451 Try again later"}
    with pytest.raises(SendingFailure) as failed:
        send_letter(letter(cc=[BOB]))
    assert not isinstance(failed.value, PermanentFailure)
    assert office.mails == []


def test_contents_that_are_refused(office):
    office.to_data = "552 Too large"
    with pytest.raises(SendingFailure, match="^552 Too large$"):
        send_letter(letter())


def test_an_address_that_django_cannot_write(office):
    with pytest.raises(PermanentFailure, match="not ASCII"):
        send_letter(letter(cc=["іван@example.com"]))
    assert office.mails == []


def test_without_a_mail_server(settings, mail_settings):
    require_mail_server()
    settings.EMAIL_HOST = ""
    with pytest.raises(NoMailServer):
        require_mail_server()
