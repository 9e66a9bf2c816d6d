"""Addresses: what an http(s) address stands for, and how it may be shown."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from eudscore.errors import InputError

HUB_PREFIX = "hf://"
_SECRET = re.compile(r"(signature|sig|token|key|secret|password|credential|auth)", re.IGNORECASE)
_HUB = r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co)/datasets/"
_HUB_ID = r"[\w.-]+/[\w.-]+"


@dataclass(frozen=True)
class _Page:
    """A page that shows a file or a folder, and the address of what it shows."""

    shows: re.Pattern[str]
    becomes: str
    kind: str


_PAGES = (
    _Page(re.compile(r"^https?://(?:www\.)?github\.com/([^/]+/[^/]+)/blob/([^?#]+).*$"),
          r"https://github.com/\1/raw/\2", "page of GitHub"),
    _Page(re.compile(r"^https?://gist\.github\.com/([^/?#]+/[0-9a-f]+)/?$"),
          r"https://gist.github.com/\1/raw", "page of GitHub"),
    _Page(re.compile(r"^(https?://[^/]+/[^?#]+/-)/blob/([^?#]+).*$"), r"\1/raw/\2", "page of GitLab"),
    _Page(re.compile(rf"{_HUB}({_HUB_ID})/blob/([^?#]+).*$"),
          r"https://huggingface.co/datasets/\1/resolve/\2", "page of the Hugging Face Hub"),
    _Page(re.compile(rf"{_HUB}({_HUB_ID})/tree/(refs(?:/|%2F)[^/]+(?:/|%2F)[^/?#]+|[^/?#]+)([^?#]*).*$"),
          r"hf://datasets/\1@\2\3", "page of the Hugging Face Hub"),
    _Page(re.compile(rf"{_HUB}({_HUB_ID})(?:/viewer[^?#]*)?/?(?:[?#].*)?$"),
          r"hf://datasets/\1", "page of the Hugging Face Hub"),
)  # fmt: skip


def file_address(address: str) -> tuple[str, tuple[str, ...]]:
    """The address of the file that is meant, and a note where it is not the one that was given.

    Args:
        address: http(s); the page of a file on GitHub, GitLab or the Hub stands for the file.
    """
    for page in _PAGES:
        if page.shows.match(address):
            meant = page.shows.sub(page.becomes, address)
            return meant, (f"{redacted(address)} is a {page.kind}: read {redacted(meant)} in its place.",)
    return address, ()


def as_uri(address: str) -> str:
    """An http(s) address in the letters that may be sent: spaces and other scripts are percent-encoded.

    Raises:
        InputError: it has no host, an impossible one, or carries a password.
    """
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname, parts.port
        if not host:
            raise InputError(f"{redacted(address)} names no host: check the address.")
        if parts.username or parts.password:
            raise InputError(
                f"{redacted(address)} carries a user name or a password, which is not sent: download the file and "
                "give that."
            )
        name = f"[{host}]" if ":" in host else host.encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise InputError(f"{redacted(address)} is no address that can be read ({error}): check it.") from error
    return urlunsplit((
        parts.scheme.lower(), name if port is None else f"{name}:{port}",
        quote(parts.path or "/", safe="/%:@!$&'()*+,;=~"), quote(parts.query, safe="/%:@!$&'()*+,;=~?"), "",
    ))  # fmt: skip


def name_in(address: str) -> str:
    """The last part of the path of an address, decoded; empty where there is none."""
    return unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2])


def redacted(address: str) -> str:
    """An address that may be kept and shown: without user, password, and the values of keys and signatures."""
    try:
        parts = urlsplit(address.strip())
        host = parts.netloc.rpartition("@")[2]
        query = parts.query
        if any(_SECRET.search(name) for name, _ in parse_qsl(query, keep_blank_values=True)):
            pairs = parse_qsl(query, keep_blank_values=True)
            query = urlencode([(name, "..." if _SECRET.search(name) else value) for name, value in pairs])
    except ValueError:
        return repr(address)[1:-1][:80]
    return urlunsplit((parts.scheme, host, parts.path, query, "")).encode("utf-8", "replace").decode()
