"""Expressions: Liquid with the types kept, and no way to anything but the names it is given. Pure.

A text that is one `{{ expression }}` gives the value itself; any other gives text.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from liquid import Environment
from liquid.builtin.expressions import BooleanExpression, tokenize
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, LiquidSyntaxError, UndefinedError
from liquid.stream import TokenStream
from liquid.token import TOKEN_EXPRESSION, TOKEN_OUTPUT
from liquid.undefined import StrictDefaultUndefined

from spojit.lib.errors import Refused
from workflows import filters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from liquid import BoundTemplate

LONGEST = 50_000
MOST_LOOPS = 10_000
MOST_LOCAL_BYTES = 1_000_000
MOST_OUTPUT_BYTES = 1_000_000
MOST_LEVELS = 64

TAGS = frozenset(
    {
        *("assign", "break", "capture", "case", "comment", "content", "continue"),
        *("for", "if", "illegal", "output", "unless", "#"),
    }
)
"""The library's tags that are kept; those that read files or keep state between uses are not."""

_OPENINGS = ("{{", "{%")


class BadExpression(Refused):
    """It is not written as an expression is; the message says what is wrong."""

    code = "bad_expression"
    message = "This expression cannot be read."
    hint = (
        "An expression stands in {{ }}: a name, then what to do with it: {{ order.id | plus: 1 }}."
    )


class ExpressionFailed(Refused):
    """It could not be worked out with what is there; the message says why, never the value."""

    code = "expression_failed"
    message = "This expression could not be worked out."


class _Output(Output):
    """`{{ … }}`, in which a comparison may stand, too, and gives true or false."""

    def parse(self, stream: TokenStream) -> OutputNode:
        """Read a value with its filters, or else a condition, as `if` has it."""
        place = stream.pos
        try:
            return super().parse(stream)
        except LiquidSyntaxError:
            stream.pos = place
            token = stream.eat(TOKEN_OUTPUT)
            inner = stream.expect(TOKEN_EXPRESSION)
            tokens = TokenStream(tokenize(inner.value, inner))
            return OutputNode(token, BooleanExpression.parse(self.env, tokens))


class _Environment(Environment):
    loop_iteration_limit = MOST_LOOPS
    local_namespace_limit = MOST_LOCAL_BYTES
    output_stream_limit = MOST_OUTPUT_BYTES
    ternary_expressions = True
    logical_not_operator = True
    logical_parentheses = True

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Take the library's, leave out what is not for this, and bound the rest."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        kept = {n: f for n, f in self.filters.items() if n not in filters.LEFT_OUT}
        kept["json"] = filters.to_json
        self.filters = {name: filters.bounded(name, filter_) for name, filter_ in kept.items()}


_environment = _Environment(undefined=StrictDefaultUndefined)


class Template:
    """A text with expressions, parsed."""

    def __init__(self, text: str, parsed: BoundTemplate) -> None:
        """Keep both; `parse` makes these."""
        self.text = text
        self._parsed = parsed

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it takes from its surroundings, such as of earlier steps."""
        return frozenset(self._parsed.analyze().globals)

    @cached_property
    def lone(self) -> OutputNode | None:
        """The one expression that is the whole text, or nothing."""
        nodes = self._parsed.nodes
        is_one = len(nodes) == 1 and isinstance(nodes[0], OutputNode)
        return nodes[0] if is_one else None  # type: ignore[return-value]

    def value(self, scope: Mapping[str, Any]) -> Any:
        """Work it out: the value of a lone expression with its type, else text.

        Args:
            scope: JSON-like values by name.

        Raises:
            ExpressionFailed: a name is not there, or it makes too much.
        """
        filters.begin()
        try:
            return self._worked_out(scope)
        except UndefinedError as missing:
            raise ExpressionFailed(f"There is no {_quoted(missing)} here.") from None
        except LiquidError as error:
            raise ExpressionFailed(f"It could not be worked out: {error.message}.") from None
        except (ArithmeticError, RecursionError, TypeError, ValueError, LookupError):
            raise ExpressionFailed from None

    def _worked_out(self, scope: Mapping[str, Any]) -> Any:
        if self.lone is None:
            return self._parsed.render(scope)
        context = self._parsed.context_class(self._parsed, globals=dict(scope))
        found = self.lone.expression.evaluate(context)
        if type(found) is StrictDefaultUndefined:
            str(found)  # which raises, and names it
        return _plain(found)


def has_expression(text: str) -> bool:
    """Whether a text has anything to be worked out."""
    return any(opening in text for opening in _OPENINGS)


def parse(text: str) -> Template:
    """Parse a text; the same one is parsed once.

    Raises:
        BadExpression: it is not written as an expression is, or is too long.
    """
    if len(text) > LONGEST:
        raise BadExpression(f"An expression has at most {LONGEST:,} characters.")
    return _parse(text)


@lru_cache(maxsize=4_096)
def _parse(text: str) -> Template:
    is_lone = text.strip().startswith("{{") and text.strip().endswith("}}")
    try:
        parsed = _environment.from_string(text.strip() if is_lone else text)
        unknown = sorted(set(parsed.analyze().filters) - set(_environment.filters))
    except (LiquidError, RecursionError) as error:
        said = error.message if isinstance(error, LiquidError) else "it nests too deeply"
        raise BadExpression(f"This expression cannot be read: {said}.") from None
    if unknown:
        raise BadExpression(f"There is no filter {unknown[0]}.")
    return Template(text, parsed)


def fill(value: Any, scope: Mapping[str, Any]) -> Any:
    """Work out every text in a JSON-like value, keys aside.

    Raises:
        BadExpression, ExpressionFailed: as `parse` and `Template.value` do.
    """
    if isinstance(value, str):
        return parse(value).value(scope) if has_expression(value) else value
    if isinstance(value, dict):
        return {key: fill(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, scope) for item in value]
    return value


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every text of a JSON-like value that has expressions, with its path, as `a.b[0]`."""
    if isinstance(value, str):
        if has_expression(value):
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from texts(item, f"{path}[{place}]")


def _plain(value: Any, depth: int = 0) -> Any:
    """Give a result as JSON has it: no ranges, tuples, decimals, or values of the library's own."""
    if depth > MOST_LEVELS:
        raise ExpressionFailed("It could not be worked out: it nests too deeply.")
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, range)):
        if len(value) > filters.MOST_ITEMS:
            raise filters.TooMuch
        return [_plain(item, depth + 1) for item in value]
    return str(value)


def _quoted(missing: UndefinedError) -> str:
    """Name what is missing: the library's message is about the template's own words only."""
    said = str(missing.message)
    return said.removesuffix(" is undefined") if said.endswith("is undefined") else "such value"
