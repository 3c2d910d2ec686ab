"""The raw bytes that attackers send."""

BOUNDARY = "----frontier"
FORM = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
JSON = "Content-Type: application/json"
FILE_PART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="note.txt"\r\n'
    "Content-Type: text/plain\r\n\r\n"
).encode()
FORM_END = f"\r\n--{BOUNDARY}--\r\n".encode()
LARGE = 25_000_000


def head(method, path, *fields, host="127.0.0.1"):
    """Return the request line and the headers of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode()


def bearer(token):
    return f"Authorization: Bearer {token}"


def stalled_upload(path, *fields, kind=FORM):
    """Return an upload of 5 MB that stops after its first bytes."""
    return head("POST", path, kind, "Content-Length: 5000000", *fields) + FILE_PART + b"x" * 500


def stalled_chunks(path, *fields, kind=FORM):
    """Return a chunked upload that stops in the middle of a chunk."""
    body = b"%x\r\n%b\r\n" % (len(FILE_PART), FILE_PART)
    return head("POST", path, kind, "Transfer-Encoding: chunked", *fields) + body + b"1000\r\n" + b"x" * 100


def small_partial(path, *fields):
    """Return a request with 10 bytes of a body of 100."""
    return head("POST", path, JSON, "Content-Length: 100", *fields) + b'{"name": "'


def large_head(method, path, *fields, size=LARGE):
    return head(method, path, f"Content-Length: {size}", *fields)
