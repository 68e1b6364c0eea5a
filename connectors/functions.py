"""Makes tools of typed functions: the schema of the arguments comes from the signature."""

from __future__ import annotations

import inspect
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from connectors.encoding import InvalidArguments
from connectors.manifest import Deprecation, Example, Tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.manifest.tool import Effect

SESSION = "session"
"""The name of the first parameter of a function that uses a connection."""


def tool(
    function: Callable[..., Any],
    *,
    title: str,
    example: Example,
    effect: Effect = "read",
    idempotent: bool = False,
    source: str = "",
    deprecation: Deprecation | None = None,
) -> Tool:
    """Make a tool of a function.

    Its key is the function's name and its description the docstring's first paragraph. Use
    `Annotated[str, Field(description=…)]` to describe an argument. A first parameter named
    `session` gets the `Session`; everything else is an argument.
    """
    return Tool(
        key=function.__name__.rstrip("_"),
        title=title,
        description=_description(function),
        effect=effect,
        idempotent=idempotent or effect == "read",
        source=source,
        function=function,
        schemas=partial(schemas_of, function),
        example=example,
        deprecation=deprecation,
    )


@lru_cache(maxsize=1024)
def schemas_of(function: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the JSON Schemas of a function's arguments and of what it gives: takes milliseconds."""
    arguments = _without_null(_tidy(arguments_of(function).model_json_schema()))
    return arguments, _tidy(TypeAdapter(get_type_hints(function)["return"]).json_schema())


@lru_cache(maxsize=1024)
def arguments_of(function: Callable[..., Any]) -> type[BaseModel]:
    """Make the model of a function's arguments; unknown ones are refused."""
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        name: (hints[name], ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != SESSION
    }
    config = ConfigDict(extra="forbid", strict=True, protected_namespaces=())
    return create_model(function.__name__, __config__=config, **fields)


def wants_session(function: Callable[..., Any]) -> bool:
    """Whether a function works through a connection."""
    return SESSION in inspect.signature(function).parameters


def _description(function: Callable[..., Any]) -> str:
    paragraph = inspect.getdoc(function) or ""
    return " ".join(paragraph.split("\n\n")[0].split())


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """An argument that may be None is one that may be left out: say only that."""
    for name, given in schema.get("properties", {}).items():
        kinds = given.get("anyOf", [])
        if given.get("default", 0) is None and {"type": "null"} in kinds:
            kinds = [kind for kind in kinds if kind != {"type": "null"}]
            plain = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
            schema["properties"][name] = plain
    return schema


def _tidy(schema: Any) -> Any:
    """Take out the titles that pydantic makes of names: they say nothing."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _tidy(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def bind(given: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """Give the arguments as the function wants them, with defaults. Raises: InvalidArguments."""
    assert given.function is not None
    try:
        model = arguments_of(given.function).model_validate(arguments)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, detail["loc"]))
        raise InvalidArguments(f"The argument {place} does not fit: {detail['msg']}.") from None
    return {name: getattr(model, name) for name in type(model).model_fields}
