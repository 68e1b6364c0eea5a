"""Encoding: Base64, hex, URLs, HTML, gzip, hashes. Nothing of it keeps a secret."""

import base64
import binascii
import hashlib
import html
import zlib
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

import idna
from pydantic import Field

from connectors.encoding import InvalidArguments, scalar
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Monogram

MAX_LENGTH = 5_000_000
MAX_ENCODED = 10_000_000
MAX_PAIRS = 1_000

Text = Annotated[str, Field(max_length=MAX_LENGTH, description="The text.")]
Encoded = Annotated[str, Field(max_length=MAX_ENCODED, description="The encoded text.")]
Address = Annotated[str, Field(max_length=100_000)]
Domain = Annotated[str, Field(min_length=1, max_length=253)]
Algorithm = Literal["sha256", "sha384", "sha512", "sha3_256", "sha1", "md5"]


def encode_base64(
    *,
    text: Text,
    url_safe: Annotated[bool, Field(description="With - and _, and without = at the end.")] = False,
) -> str:
    """Writes a text in Base64 (RFC 4648)."""
    data = text.encode()
    if url_safe:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")
    return base64.b64encode(data).decode()


def decode_base64(*, text: Encoded) -> str:
    """Reads Base64 of either alphabet, with or without padding, as a text."""
    plain = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    return _text(_from_base64(plain))


def encode_hex(*, text: Text) -> str:
    """Writes a text in hexadecimal digits."""
    return text.encode().hex()


def decode_hex(*, text: Encoded) -> str:
    """Reads hexadecimal digits as a text."""
    try:
        return _text(bytes.fromhex(text.removeprefix("0x")))
    except ValueError:
        raise InvalidArguments("The text is not hexadecimal.") from None


def encode_url(
    *, text: Text, keep: Annotated[str, Field(max_length=20, description="Such as /.")] = ""
) -> str:
    """Writes a text as a part of a URL (RFC 3986)."""
    return quote(text.encode(), safe=keep.encode("ascii", "ignore"))


def decode_url(*, text: Encoded) -> str:
    """Reads a part of a URL."""
    return _text(unquote_to_bytes(text.encode()))


def encode_query(*, values: Annotated[dict[str, Any], Field(max_length=MAX_PAIRS)]) -> str:
    """Writes an object as the query of a URL; a list becomes several of one name."""
    pairs = [
        (name, scalar(item))
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    try:
        return urlencode(pairs, quote_via=quote)
    except UnicodeEncodeError:
        raise InvalidArguments("A value holds half a character.") from None


def decode_query(*, text: Address) -> dict[str, str | list[str]]:
    """Reads the query of a URL, or of a form; what is there twice becomes a list."""
    found: dict[str, str | list[str]] = {}
    try:
        pairs = parse_qsl(text.rpartition("?")[2], keep_blank_values=True, max_num_fields=MAX_PAIRS)
    except ValueError:
        raise InvalidArguments("The query has too many parameters.") from None
    for name, value in pairs:
        known = found.get(name)
        if known is None:
            found[name] = value
        else:
            found[name] = [*known, value] if isinstance(known, list) else [known, value]
    return found


def escape_html(*, text: Annotated[str, Field(max_length=1_000_000)]) -> str:
    """Writes a text so that HTML shows it as it is."""
    return html.escape(text)


def unescape_html(*, text: Text) -> str:
    """Reads entities of HTML, such as &amp;."""
    try:
        return html.unescape(text)
    except ValueError:  # a character's number with thousands of digits
        raise InvalidArguments("The text holds a character that does not exist.") from None


def hash_(
    *,
    text: Text,
    algorithm: Algorithm = "sha256",
    as_: Annotated[Literal["hex", "base64"], Field(alias="as")] = "hex",
) -> str:
    """Gives a text's hash. Not for passwords; MD5 and SHA-1 are for systems that ask for them."""
    digest = hashlib.new(algorithm, text.encode(), usedforsecurity=False)
    return digest.hexdigest() if as_ == "hex" else base64.b64encode(digest.digest()).decode()


def compress(*, text: Text) -> str:
    """Compresses a text by gzip, and writes it in Base64."""
    packer = zlib.compressobj(wbits=31)
    return base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()


def decompress(*, text: Encoded) -> str:
    """Reads what gzip or zlib compressed and Base64 wrote, up to 5 MB."""
    packed = _from_base64("".join(text.split()).rstrip("="))
    unpacker = zlib.decompressobj(wbits=47)
    try:
        data = unpacker.decompress(packed, MAX_LENGTH)
    except zlib.error:
        raise InvalidArguments("The text is not compressed by gzip or zlib.") from None
    if unpacker.unconsumed_tail:
        raise InvalidArguments("The result would be too long.")
    if not unpacker.eof:
        raise InvalidArguments("The compressed text is not whole.")
    return _text(data)


def encode_domain(*, domain: Domain) -> str:
    """Writes a domain in ASCII, such as xn--mnchen-3ya.example (IDNA 2008)."""
    try:
        return idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise InvalidArguments("That is not a domain.") from None


def decode_domain(*, domain: Domain) -> str:
    """Writes a domain in its own letters, such as münchen.example (IDNA 2008)."""
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        raise InvalidArguments("That is not a domain.") from None


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidArguments("What is encoded is not a text in UTF-8.") from None


def _from_base64(plain: str) -> bytes:
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidArguments("The text is not Base64.") from None


connector = Connector(
    key="encoding",
    name="Encoding",
    category="Utilities",
    summary="Base64, hex, URLs, HTML, gzip and hashes.",
    icon=Icon(monogram=Monogram(text="64", color="#35618e")),
    documentation=[
        Link(title="Base64 (RFC 4648)", url="https://www.rfc-editor.org/rfc/rfc4648"),
        Link(title="URLs (RFC 3986)", url="https://www.rfc-editor.org/rfc/rfc3986"),
    ],
    needs_connection="none",
    tools=[
        tool(
            encode_base64,
            title="Encode Base64",
            example=Example(arguments={"text": "Lamp?>"}, answer="TGFtcD8+"),
        ),
        tool(
            decode_base64,
            title="Decode Base64",
            example=Example(arguments={"text": "TGFtcD8-"}, answer="Lamp?>"),
        ),
        tool(
            encode_hex,
            title="Encode hex",
            example=Example(arguments={"text": "Lamp"}, answer="4c616d70"),
        ),
        tool(
            decode_hex,
            title="Decode hex",
            example=Example(arguments={"text": "4c616d70"}, answer="Lamp"),
        ),
        tool(
            encode_url,
            title="Encode a part of a URL",
            example=Example(arguments={"text": "red lamp/1"}, answer="red%20lamp%2F1"),
        ),
        tool(
            decode_url,
            title="Decode a part of a URL",
            example=Example(arguments={"text": "red%20lamp%2F1"}, answer="red lamp/1"),
        ),
        tool(
            encode_query,
            title="Write a query",
            example=Example(
                arguments={"values": {"q": "red lamp", "tag": ["a", "b"]}},
                answer="q=red%20lamp&tag=a&tag=b",
            ),
        ),
        tool(
            decode_query,
            title="Read a query",
            example=Example(
                arguments={"text": "https://example.com/?q=red%20lamp&tag=a&tag=b"},
                answer={"q": "red lamp", "tag": ["a", "b"]},
            ),
        ),
        tool(
            escape_html,
            title="Escape HTML",
            example=Example(
                arguments={"text": "Fish & <chips>"}, answer="Fish &amp; &lt;chips&gt;"
            ),
        ),
        tool(
            unescape_html,
            title="Unescape HTML",
            example=Example(arguments={"text": "Fish &amp; chips"}, answer="Fish & chips"),
        ),
        tool(
            hash_,
            title="Hash",
            example=Example(
                arguments={"text": "lamp", "algorithm": "md5"},
                answer="263addb7611158a2c3db7c164a20cc2f",
            ),
        ),
        tool(
            compress,
            title="Compress",
            example=Example(arguments={"text": "lamp"}),
        ),
        tool(
            decompress,
            title="Decompress",
            example=Example(arguments={"text": "eJzLScwtAAAEIQGr"}, answer="lamp"),
        ),
        tool(
            encode_domain,
            title="Domain to ASCII",
            example=Example(
                arguments={"domain": "münchen.example"}, answer="xn--mnchen-3ya.example"
            ),
        ),
        tool(
            decode_domain,
            title="Domain from ASCII",
            example=Example(
                arguments={"domain": "xn--mnchen-3ya.example"}, answer="münchen.example"
            ),
        ),
    ],
)
