"""Math: count, round, sum up and write numbers. Decimals, so that 0.1 + 0.2 is 0.3."""

import random
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal, DecimalException
from typing import Annotated, Literal

from pydantic import Field

from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram

MAX_EXPONENT = 1_000
LARGEST = 10**15
"""Beyond it, numbers of JSON readers are no longer exact to the cent."""

Number = int | float
Share = Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)]
Numbers = Annotated[list[Number], Field(min_length=1, max_length=100_000)]

Digits = Annotated[int, Field(ge=0, le=12, description="After the point.")]
Mark = Annotated[str, Field(max_length=1)]

_ROUNDING = {"half_up": ROUND_HALF_UP, "up": ROUND_UP, "down": ROUND_DOWN}


def calculate(
    *,
    left: Number,
    operation: Literal["add", "subtract", "multiply", "divide", "remainder", "power"],
    right: Number,
) -> Number:
    """Does one sum with two numbers."""
    first, second = _exact(left), _exact(right)
    if operation in {"divide", "remainder"} and second == 0:
        raise InvalidArguments("Nothing can be divided by zero.")
    if operation == "power" and abs(second) > MAX_EXPONENT:
        raise InvalidArguments("The exponent is too large.")
    operations = {
        "add": Decimal.__add__,
        "subtract": Decimal.__sub__,
        "multiply": Decimal.__mul__,
        "divide": Decimal.__truediv__,
        "remainder": Decimal.__mod__,
        "power": Decimal.__pow__,
    }
    try:
        return _number(operations[operation](first, second))
    except (DecimalException, OverflowError):
        raise InvalidArguments("The result is not a number that can be written.") from None


def round_(
    *,
    value: Number,
    digits: Annotated[int, Field(ge=-12, le=12, description="After the point.")] = 0,
    how: Literal["half_up", "up", "down"] = "half_up",
) -> Number:
    """Rounds a number: by halves away from zero, always away from it, or towards it."""
    try:
        rounded = _exact(value).quantize(Decimal(1).scaleb(-digits), _ROUNDING[how])
    except DecimalException:
        raise InvalidArguments("The number has too many digits to be rounded.") from None
    return _number(rounded)


def summarize(*, numbers: Numbers) -> dict[str, Number]:
    """Gives count, sum, mean, least and greatest of a list of numbers."""
    exact = [_exact(number) for number in numbers]
    total = sum(exact, Decimal(0))
    return {
        "count": len(exact),
        "sum": _number(total),
        "mean": _number(total / len(exact)),
        "least": _number(min(exact)),
        "greatest": _number(max(exact)),
    }


def random_number(
    *,
    least: Annotated[int, Field(ge=-LARGEST, le=LARGEST)] = 1,
    greatest: Annotated[int, Field(ge=-LARGEST, le=LARGEST)] = 100,
) -> int:
    """Gives a whole number between two others, both included. Not for secrets."""
    if least > greatest:
        raise InvalidArguments("The least is greater than the greatest.")
    return random.randint(least, greatest)  # noqa: S311 - said so in the description


def percentage(*, part: Number, whole: Number, digits: Digits = 2) -> Number:
    """Gives how much of a whole a part is, in per cent."""
    return _hundredths(_exact(part), _exact(whole), digits)


def change(*, before: Number, after: Number, digits: Digits = 2) -> Number:
    """Gives how much a number grew, in per cent; negative when it shrank."""
    old = _exact(before)
    return _hundredths(_exact(after) - old, abs(old), digits)


def clamp(*, value: Number, least: Number, greatest: Number) -> Number:
    """Brings a number between two others."""
    if least > greatest:
        raise InvalidArguments("The least is greater than the greatest.")
    return _number(min(max(_exact(value), _exact(least)), _exact(greatest)))


def distribution(*, numbers: Numbers) -> dict[str, Number]:
    """Gives median, quartiles and standard deviation (of all, not of a sample) of a list."""
    exact = sorted(_exact(number) for number in numbers)
    mean = sum(exact, Decimal(0)) / len(exact)
    try:
        variance = sum(((number - mean) ** 2 for number in exact), Decimal(0)) / len(exact)
    except DecimalException:
        raise InvalidArguments("The numbers are too large.") from None
    return {
        "median": _number(_quantile(exact, Decimal("0.5"))),
        "lower_quartile": _number(_quantile(exact, Decimal("0.25"))),
        "upper_quartile": _number(_quantile(exact, Decimal("0.75"))),
        "deviation": _number(variance.sqrt()),
    }


def allocate(
    *,
    amount: Number,
    shares: Annotated[list[Share], Field(min_length=1, max_length=1_000)],
    digits: Digits = 2,
) -> list[Number]:
    """Divides an amount by shares so that no cent is lost: 100 by three is 33.34, 33.33, 33.33."""
    total, parts = _exact(amount), [_exact(share) for share in shares]
    whole = sum(parts, Decimal(0))
    if whole == 0:
        raise InvalidArguments("The shares are all zero.")
    unit = Decimal(1).scaleb(-digits)
    try:
        found = [(total * part / whole).quantize(unit, ROUND_DOWN) for part in parts]
        rest = int((total - sum(found, Decimal(0))).quantize(unit, ROUND_DOWN) / unit)
    except DecimalException:
        raise InvalidArguments("The amount has too many digits.") from None
    step = unit if rest > 0 else -unit
    owed = [at for at, part in enumerate(parts) if part][: abs(rest)]
    for at in owed:
        found[at] += step
    return [_number(part) for part in found]


def format_number(
    *,
    value: Number,
    digits: Digits = 2,
    point: Mark = ".",
    thousands: Mark = ",",
) -> str:
    """Writes a number for people, such as 1,234.50 or 1.234,50."""
    try:
        rounded = _exact(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    except DecimalException:
        raise InvalidArguments("The number has too many digits.") from None
    marks = str.maketrans({",": thousands, ".": point})
    return f"{rounded:,f}".translate(marks)


def parse_number(
    *,
    text: Annotated[str, Field(max_length=100, description="Such as € 1.234,50.")],
    point: Annotated[Literal[".", ","], Field(description="What stands before cents.")] = ".",
) -> Number:
    """Reads a number that people wrote: signs of currencies and thousands are passed over."""
    kept = "".join(sign for sign in text if sign in "0123456789-" or sign == point)
    try:
        return _number(Decimal(kept.replace(point, ".")))
    except DecimalException:
        raise InvalidArguments("There is no number in the text.") from None


def _hundredths(part: Decimal, whole: Decimal, digits: int) -> Number:
    if whole == 0:
        raise InvalidArguments("There are no per cents of zero.")
    try:
        return _number((part / whole * 100).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    except DecimalException:
        raise InvalidArguments("The result has too many digits.") from None


def _quantile(numbers: list[Decimal], share: Decimal) -> Decimal:
    """Give a quantile of sorted numbers; between two of them it lies on the line (type 7)."""
    place = share * (len(numbers) - 1)
    low = int(place)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - low)


def _exact(number: Number) -> Decimal:
    exact = Decimal(str(number))
    if not exact.is_finite():
        raise InvalidArguments("Infinity is not a number to count with.")
    return exact


def _number(exact: Decimal) -> Number:
    """Give a whole number as one, and anything else as the nearest that JSON can hold."""
    if not exact.is_finite() or abs(exact) > Decimal(10) ** 300:
        raise InvalidArguments("The result is too large.")
    is_whole = exact == exact.to_integral_value()
    return int(exact) if is_whole and abs(exact) <= LARGEST else float(exact)


connector = Connector(
    key="math",
    name="Math",
    category="Utilities",
    summary="Count, round, sum up and write numbers.",
    icon=Icon(monogram=Monogram(text="+", color="#8a3b5e")),
    needs_connection="none",
    tools=[
        tool(
            calculate,
            title="Calculate",
            example=Example(arguments={"left": 0.1, "operation": "add", "right": 0.2}, answer=0.3),
        ),
        tool(
            round_,
            title="Round",
            example=Example(arguments={"value": 2.345, "digits": 2}, answer=2.35),
        ),
        tool(
            summarize,
            title="Summarize",
            example=Example(
                arguments={"numbers": [1, 2, 3]},
                answer={"count": 3, "sum": 6, "mean": 2, "least": 1, "greatest": 3},
            ),
        ),
        tool(
            random_number,
            title="Random number",
            example=Example(arguments={"least": 7, "greatest": 7}, answer=7),
        ),
        tool(
            percentage,
            title="Per cent",
            example=Example(arguments={"part": 3, "whole": 8}, answer=37.5),
        ),
        tool(
            change,
            title="Change in per cent",
            example=Example(arguments={"before": 80, "after": 100}, answer=25),
        ),
        tool(
            clamp,
            title="Keep between",
            example=Example(arguments={"value": 120, "least": 0, "greatest": 100}, answer=100),
        ),
        tool(
            distribution,
            title="Distribution",
            example=Example(
                arguments={"numbers": [2, 4, 4, 4, 5, 5, 7, 9]},
                answer={
                    "median": 4.5,
                    "lower_quartile": 4,
                    "upper_quartile": 5.5,
                    "deviation": 2,
                },
            ),
        ),
        tool(
            allocate,
            title="Divide an amount",
            example=Example(
                arguments={"amount": 100, "shares": [1, 1, 1]}, answer=[33.34, 33.33, 33.33]
            ),
        ),
        tool(
            format_number,
            title="Write a number",
            example=Example(
                arguments={"value": 1234.5, "point": ",", "thousands": "."}, answer="1.234,50"
            ),
        ),
        tool(
            parse_number,
            title="Read a number",
            example=Example(arguments={"text": "€ 1.234,50", "point": ","}, answer=1234.5),
        ),
    ],
)
