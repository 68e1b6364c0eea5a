"""How a tool or a verification becomes an HTTP request, and how its pages follow."""

from typing import Annotated, Literal, Self

from pydantic import Field as Setting, model_validator

from connectors.manifest.base import HttpsUrl, Json, Key, Strict

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
BodyKind = Literal["none", "json", "form", "text"]
AnswerKind = Literal["json", "xml", "text", "auto", "nothing"]


class RequestBody(Strict):
    """What the request carries.

    Attributes:
        kind: how it is written. `form` nests as `a[b]` and `a[0]`, the way Stripe reads it.
        argument: the one argument that is the whole body.
        fixed: members that are always sent.
    """

    kind: BodyKind = "json"
    argument: Key | None = None
    fixed: dict[str, Json] = Setting(default_factory=dict)


class HttpRequest(Strict):
    """One request. `{x}` is an argument of the tool, or else a field of the connection.

    Arguments named in the path go there; those listed in `query` and `headers` go there; the
    rest go into the body when there is one, and otherwise into the query.

    Attributes:
        path: below the service URL, from its first slash.
        url: an absolute address on a declared host, in place of the path.
        query: arguments that go into the query although there is a body.
        headers: header names, and templates of their values; a header whose template names
            an argument that was not given is left out.
        fixed_query: parameters that are always sent.
        names: arguments whose name in the service differs; dots nest in a JSON body.
        arrays: how a list is written in the query: repeated, by commas, or as `name[]`.
        answer: what the body of a good answer is.
        slashes: arguments whose slashes stay slashes in the path, such as a file's path.
        free: the caller gives `path`, `query`, `headers` and `body`; the tool `request` of
            every HTTP connector is made like this.
        free_path: a template over the fields: the path that a person chose for verification.
    """

    method: Method = "GET"
    path: Annotated[str, Setting(pattern=r"^(/[^\s?#]*)?$")] = ""
    url: HttpsUrl | None = None
    query: list[Key] = Setting(default_factory=list)
    headers: dict[str, str] = Setting(default_factory=dict)
    fixed_query: dict[str, str] = Setting(default_factory=dict)
    names: dict[Key, str] = Setting(default_factory=dict)
    arrays: Literal["repeat", "comma", "brackets"] = "repeat"
    body: RequestBody | None = None
    answer: AnswerKind = "json"
    slashes: list[Key] = Setting(default_factory=list)
    free: bool = False
    free_path: str = ""

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if self.url and self.path:
            raise ValueError("give path or url, not both")
        return self


class Paging(Strict):
    """How the next page is asked for, up to the caller's `max_pages`.

    Attributes:
        kind: `link` follows the header of RFC 8288; `cursor` sends the value found at `next`
            as `parameter`; `url` goes to the address found at `next`, on the same host only;
            `page` counts pages; `offset` counts items.
        parameter: the query parameter (for a POST: the body member) that says which page.
        next: the path of the next cursor or address in the answer.
        more: the path of a value that is false on the last page.
        items: the path of the list that grows; empty when the body is the list.
        size: the argument, and its default, that says how many items a page has.
        start: the number of the first page.
    """

    kind: Literal["link", "cursor", "url", "page", "offset"]
    parameter: str = ""
    next: str = ""
    more: str = ""
    items: str = ""
    size_argument: Key | None = None
    size: Annotated[int, Setting(ge=1, le=1000)] = 100
    start: int = 1

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.kind not in {"link", "url"} and not self.parameter:
            raise ValueError(f"paging by {self.kind} needs parameter")
        if self.kind in {"cursor", "url"} and not self.next:
            raise ValueError(f"paging by {self.kind} needs next, the path of what leads on")
        return self
