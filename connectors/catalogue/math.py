"""Math: count, round and sum up. Decimals, so that 0.1 + 0.2 is 0.3."""

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
Numbers = Annotated[list[Number], Field(min_length=1, max_length=100_000)]

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
    summary="Count, round and sum up numbers.",
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
    ],
)
