"""A connector: what a service is, how one signs in, and what it can do."""

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field as Setting, ValidationInfo, model_validator

from connectors.manifest import generated
from connectors.manifest.answer import AnswerRule
from connectors.manifest.base import HttpsUrl, Key, Line, Sourced, Strict
from connectors.manifest.scheme import Scheme, is_of_kind
from connectors.manifest.tool import Deprecation, Tool
from connectors.manifest.verification import EnvironmentName
from spojit.lib.errors import Refused

CATEGORIES = (
    "AI",
    "Accounting",
    "Cloud",
    "Commerce",
    "Communication",
    "Customer relations",
    "Data",
    "Design",
    "Development",
    "Email",
    "Human resources",
    "Legal",
    "Marketing",
    "Payments",
    "Productivity",
    "Scheduling",
    "Storage",
    "Support",
    "Ticketing",
    "Utilities",
    "Webhooks",
    "Websites",
)


class UnknownScheme(Refused):
    """The connector has no scheme of that key."""

    code = "unknown_scheme"
    message = "This connector has no such way to sign in."


class UnknownTool(Refused):
    """The connector has no tool of that key."""

    code = "unknown_tool"
    message = "This connector has no such tool."


class Link(Strict):
    """A page for people."""

    title: Line
    url: HttpsUrl


class Monogram(Strict):
    """One to three letters on a colour, for a service without a mark."""

    text: Annotated[str, Setting(pattern=r"^[A-Za-z0-9@{}#./&+-]{1,3}$")]
    color: Annotated[str, Setting(pattern=r"^#[0-9a-f]{6}$")]


class Icon(Strict):
    """A mark of the package `simpleicons` by its slug, or a drawn monogram."""

    mark: str = ""
    monogram: Monogram | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if bool(self.mark) == (self.monogram is not None):
            raise ValueError("give mark or monogram, and only one")
        return self


class ServiceUrl(Sourced):
    """Where the service lives: a region, a sandbox, or an installation of one's own.

    Attributes:
        url: a template over the scheme's fields. A field stays inside the label of the host
            that it stands in; one of kind `host` may be the whole host, one of kind `url`
            the whole address.
        environment: what connections to it are called.
        schemes: the schemes that it is for; empty means all.
    """

    key: Key
    label: Line
    url: Annotated[str, Setting(pattern=r"^(https://[^\s?#]+|\{[a-z][a-z0-9_]*\})$")]
    environment: EnvironmentName = ""
    schemes: list[Key] = []

    def serves(self, scheme: str) -> bool:
        """Say whether connections of a scheme, by its key, may be to it; webhooks call nothing."""
        return not is_of_kind(scheme, "webhook") and (not self.schemes or scheme in self.schemes)


class RateLimit(Sourced):
    """The headers (lower case) in which the service says how much is left.

    Attributes:
        reset_is: how `reset` is written: seconds from now, or seconds since 1970.
    """

    limit: str = ""
    remaining: str = ""
    reset: str = ""
    reset_is: Literal["seconds", "epoch"] = "seconds"
    note: str = ""


class Connector(Strict):
    """What a service is and what it can do; one file of the catalogue.

    Attributes:
        summary: one line.
        before_you_start: what to have at hand, a sentence an entry.
        version: grows with every change that people could notice.
        service_urls: the first is the usual one.
        hosts: further hosts (templates) that requests and credentials may go to.
        ports: ports that this service has besides the web's; `any` for a server that people
            run themselves: any port from 1024 up.
        headers: sent with every request.
        answers: rules for every answer; a tool's and a verification's own come first.
        request_tool: whether the tool `request` is added; it is for every HTTP service.
    """

    key: Key
    name: Line
    category: str
    summary: Line
    icon: Icon
    documentation: list[Link] = []
    before_you_start: list[str] = []
    version: Annotated[int, Setting(ge=1)] = 1
    needs_connection: Literal["required", "optional", "none"] = "required"
    schemes: list[Scheme] = []
    service_urls: list[ServiceUrl] = []
    hosts: list[str] = []
    ports: list[int] | Literal["any"] = []
    headers: dict[str, str] = {}
    rate_limit: RateLimit | None = None
    answers: list[AnswerRule] = []
    request_tool: bool = True
    tools: list[Tool] = []
    deprecation: Deprecation | None = None

    @model_validator(mode="before")
    @classmethod
    def _add_what_all_have(cls, data: Any, info: ValidationInfo) -> Any:
        is_whole = bool(info.context) or not isinstance(data, dict)
        return data if is_whole else generated.complete(data)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.category not in CATEGORIES:
            raise ValueError(f"category is one of: {', '.join(CATEGORIES)}")
        generated.refuse_repeated("scheme", [scheme.key for scheme in self.schemes])
        generated.refuse_repeated("tool", [tool.key for tool in self.tools])
        if (self.needs_connection == "none") == bool(self.schemes):
            raise ValueError("schemes are for connectors that can have a connection, and only them")
        return self

    @cached_property
    def _schemes_by_key(self) -> dict[str, Scheme]:
        return {scheme.key: scheme for scheme in self.schemes}

    @cached_property
    def _tools_by_key(self) -> dict[str, Tool]:
        return {tool.key: tool for tool in self.tools}

    def scheme(self, key: str) -> Scheme:
        """Find a scheme. Raises: UnknownScheme."""
        try:
            return self._schemes_by_key[key]
        except KeyError:
            raise UnknownScheme from None

    def tool(self, key: str) -> Tool:
        """Find a tool. Raises: UnknownTool."""
        try:
            return self._tools_by_key[key]
        except KeyError:
            raise UnknownTool from None

    @property
    def is_http(self) -> bool:
        """Whether it is reached by HTTP at a service URL."""
        return bool(self.service_urls)
