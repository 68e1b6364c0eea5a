"""Validation: say whether a value is what it should be. Nothing is asked of anybody outside."""

from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from connectors.catalogue import _schemas
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram
from spojit.lib.errors import Refused
from spojit.lib.outbound import targets

MAX_SCHEMA = 2_000

Value = Annotated[str, Field(max_length=2_000, description="What to check.")]
Short = Annotated[str, Field(max_length=100, description="What to check.")]


class Checked(TypedDict):
    """Whether it is right, its one usual form when it is, and what it says besides."""

    is_valid: bool
    normalized: str
    details: dict[str, str]


class Fitting(TypedDict):
    """Whether a value fits a schema, and where it does not."""

    is_valid: bool
    errors: list[dict[str, str]]


def email(*, value: Value) -> Checked:
    """Checks how a mail address is written. Whether there is such a mailbox is not asked."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to load

    try:
        found = validate_email(value.strip(), check_deliverability=False)
    except EmailNotValidError:
        return _wrong()
    return _right(found.normalized, user=found.local_part, domain=found.domain)


def phone_number(
    *,
    value: Short,
    country: Annotated[
        str, Field(pattern=r"^([A-Z]{2})?$", description="Such as DE, for numbers without +49.")
    ] = "",
) -> Checked:
    """Checks a phone number against the numbering plans, and writes it as +4930123456 (E.164)."""
    import phonenumbers  # noqa: PLC0415 - slow to load

    try:
        found = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException:
        return _wrong()
    if not phonenumbers.is_valid_number(found):
        return _wrong()
    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(found))
    return _right(
        phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164),
        country=phonenumbers.region_code_for_number(found) or "",
        kind=kind.lower(),
    )


def url(*, value: Value) -> Checked:
    """Checks an address of the web (http or https), without user and password in it."""
    try:
        found = targets.read(value.strip())
    except Refused:
        return _wrong()
    return _right(found.url, scheme=found.scheme, host=found.host, path=found.path)


def ip(*, value: Short) -> Checked:
    """Checks an IP address, or a network such as 10.0.0.0/8."""
    text = value.strip()
    try:
        found = ip_network(text) if "/" in text else ip_address(text)
    except ValueError:
        return _wrong()
    kind = "global" if found.is_global else "private or reserved"
    return _right(str(found), version=str(found.version), kind=kind)


def domain(*, value: Value) -> Checked:
    """Checks how a domain is written, and writes it in ASCII."""
    try:
        found = targets.read_host(value.strip().removesuffix("."))
        is_name = "." in found and not _is_address(found)
    except Refused:
        return _wrong()
    return _right(found, ending=found.rpartition(".")[2]) if is_name else _wrong()


def iban(*, value: Short) -> Checked:
    """Checks an account number: country, length and check digits."""
    from stdnum import iban as numbers  # noqa: PLC0415 - slow to load

    return _number(numbers, value, country=value.strip()[:2].upper())


def card_number(*, value: Short) -> Checked:
    """Checks the length and check digit of a payment card's number. It is not given back."""
    from stdnum import luhn  # noqa: PLC0415 - slow to load

    digits = "".join(value.split()).replace("-", "")
    is_card = digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19
    if not is_card or not luhn.is_valid(digits):
        return _wrong()
    return _right("•" * (len(digits) - 4) + digits[-4:])


def vat_number(*, value: Short) -> Checked:
    """Checks a VAT number of a country of the European Union: form and check digits."""
    from stdnum.eu import vat  # noqa: PLC0415 - slow to load

    return _number(vat, value, country=value.strip()[:2].upper())


def barcode(*, value: Short) -> Checked:
    """Checks the number under a barcode: EAN, UPC or ISBN."""
    from stdnum import ean, isbn  # noqa: PLC0415 - slow to load

    if isbn.is_valid(value):
        return _right(str(isbn.to_isbn13(value)).replace("-", ""), kind="isbn")
    return _number(ean, value, kind="ean")


def day(
    *,
    value: Short,
    not_before: Annotated[str, Field(max_length=10)] = "",
    not_after: Annotated[str, Field(max_length=10)] = "",
) -> Checked:
    """Checks a day such as 2026-01-31, and that it is within two others."""
    try:
        found = datetime.strptime(value.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return _wrong()
    if found < _bound(not_before, date.min) or found > _bound(not_after, date.max):
        return _wrong()
    return _right(found.isoformat(), weekday=found.strftime("%A"))


def json_schema(
    *,
    value: Any,
    schema_: Annotated[
        dict[str, Any], Field(alias="schema", max_length=MAX_SCHEMA, description="Draft 2020-12.")
    ],
) -> Fitting:
    """Checks a value against a JSON Schema. Patterns are those of RE2; nothing is fetched."""
    errors = _schemas.errors(value, schema_)
    return Fitting(is_valid=not errors, errors=errors)


def _wrong() -> Checked:
    return Checked(is_valid=False, normalized="", details={})


def _right(normalized: str, **details: str) -> Checked:
    return Checked(is_valid=True, normalized=normalized, details=details)


def _number(numbers: Any, value: str, **details: str) -> Checked:
    """Check a number by a module of stdnum."""
    if not numbers.is_valid(value):
        return _wrong()
    return _right(str(numbers.compact(value)), **details)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _bound(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise InvalidArguments("A bound is not a day such as 2026-01-31.") from None


def _answer(normalized: str, **details: str) -> dict[str, Any]:
    return {"is_valid": True, "normalized": normalized, "details": details}


_NOT_VALID = {"is_valid": False, "normalized": "", "details": {}}

connector = Connector(
    key="validation",
    name="Validation",
    category="Utilities",
    summary="Check addresses, numbers, codes and JSON.",
    icon=Icon(monogram=Monogram(text="OK", color="#2f7050")),
    needs_connection="none",
    tools=[
        tool(
            email,
            title="Check a mail address",
            example=Example(
                arguments={"value": "Ada@EXAMPLE.com"},
                answer=_answer("Ada@example.com", user="Ada", domain="example.com"),
            ),
        ),
        tool(
            phone_number,
            title="Check a phone number",
            example=Example(
                arguments={"value": "030 123456", "country": "DE"},
                answer=_answer("+4930123456", country="DE", kind="fixed_line"),
            ),
        ),
        tool(
            url,
            title="Check a URL",
            example=Example(
                arguments={"value": "HTTPS://Example.com/a b"},
                answer=_answer(
                    "https://example.com/a%20b", scheme="https", host="example.com", path="/a%20b"
                ),
            ),
        ),
        tool(
            ip,
            title="Check an IP address",
            example=Example(
                arguments={"value": "10.0.0.0/8"},
                answer=_answer("10.0.0.0/8", version="4", kind="private or reserved"),
            ),
        ),
        tool(
            domain,
            title="Check a domain",
            example=Example(
                arguments={"value": "Example.com."}, answer=_answer("example.com", ending="com")
            ),
        ),
        tool(
            iban,
            title="Check an IBAN",
            example=Example(
                arguments={"value": "DE89 3704 0044 0532 0130 00"},
                answer=_answer("DE89370400440532013000", country="DE"),
            ),
        ),
        tool(
            card_number,
            title="Check a card number",
            example=Example(
                arguments={"value": "4242 4242 4242 4242"}, answer=_answer("••••••••••••4242")
            ),
        ),
        tool(
            vat_number,
            title="Check a VAT number",
            example=Example(arguments={"value": "DE 123456789"}, answer=_NOT_VALID),
        ),
        tool(
            barcode,
            title="Check a barcode",
            example=Example(
                arguments={"value": "978-0-13-110362-7"},
                answer=_answer("9780131103627", kind="isbn"),
            ),
        ),
        tool(
            day,
            title="Check a day",
            example=Example(
                arguments={"value": "2026-02-28", "not_before": "2026-01-01"},
                answer=_answer("2026-02-28", weekday="Saturday"),
            ),
        ),
        tool(
            json_schema,
            title="Check against a JSON Schema",
            example=Example(
                arguments={
                    "value": {"id": "7"},
                    "schema": {"properties": {"id": {"type": "integer"}}},
                },
                answer={"is_valid": False, "errors": [{"path": "id", "rule": "type"}]},
            ),
        ),
    ],
)
