"""What a connector gets without asking: the choice of a service URL, and the tool `request`."""

from __future__ import annotations

from typing import Any

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]

BODILESS = {"GET", "HEAD", "DELETE"}

FREE_ARGUMENTS: dict[str, Any] = {
    "path": {
        "type": "string",
        "description": "The path below the connection's own address, such as /items/1.",
    },
    "query": {"type": "object", "description": "Parameters of the query."},
    "headers": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Further headers. Those that carry credentials cannot be set.",
    },
    "body": {
        "description": "Sent as JSON; a text is sent as it is.",
        "type": ["object", "array", "string", "number", "boolean", "null"],
    },
}

FREE_OUTPUT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "integer", "description": "The HTTP status."},
        "headers": {"type": "object", "description": "Headers of the answer, in lower case."},
        "body": {"description": "JSON as its value, anything else as text."},
    },
    "required": ["status", "headers", "body"],
}


def complete(data: dict[str, Any]) -> dict[str, Any]:
    """Add what every connector of this sort has to what its file says."""
    urls = _dicts(data.get("service_urls"))
    schemes, tools = data.get("schemes"), data.get("tools", [])
    added: dict[str, Any] = {}
    if len(urls) > 1 and isinstance(schemes, list):
        added["schemes"] = [_with_choice(scheme, urls) for scheme in schemes]
    if isinstance(tools, list):
        more = [request_tool(str(data.get("name", "")))] if _wants_request(data, urls) else []
        added["tools"] = [_with_free_arguments(tool) for tool in [*tools, *more]]
    return data | added


def request_tool(name: str) -> dict[str, Any]:
    """Make the tool that can call any method and path on the connection's own host."""
    return {
        "key": "request",
        "title": "Send any request",
        "description": f"Call any method and path of {name} with this connection.",
        "effect": "destructive",
        "input": {
            "properties": {"method": {"type": "string", "enum": METHODS, "default": "GET"}},
            "required": ["path"],
        },
        "request": {"free": True},
        "example": {"arguments": {"method": "GET", "path": "/"}, "answer": {}},
    }


def refuse_repeated(what: str, keys: list[str]) -> None:
    """Check that no key is there twice. Raises: ValueError."""
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the {what} {key} is there twice")


def _dicts(value: Any) -> list[dict[str, Any]]:
    """Give a list's mappings; what is written wrongly is for the manifest to refuse."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _wants_request(data: dict[str, Any], urls: list[dict[str, Any]]) -> bool:
    return bool(urls) and data.get("request_tool", True) is True


def _serves(url: dict[str, Any], scheme: dict[str, Any]) -> bool:
    if scheme.get("webhook"):
        return False
    only = url.get("schemes")
    return not (isinstance(only, list) and only) or scheme.get("key") in only


def _with_choice(scheme: Any, urls: list[dict[str, Any]]) -> Any:
    if not isinstance(scheme, dict) or not isinstance(scheme.get("fields", []), list):
        return scheme
    urls = [url for url in urls if _serves(url, scheme)]
    if not urls:
        return scheme
    choice = {
        "key": "service_url",
        "label": "Service address",
        "help": "Which installation of the service to use.",
        "choices": [{"value": url.get("key"), "label": url.get("label")} for url in urls],
        "default": urls[0].get("key"),
        "endpoint": True,
    }
    return scheme | {"fields": [choice, *scheme.get("fields", [])]}


def _with_free_arguments(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return tool
    request, schema = tool.get("request"), tool.get("input", {})
    if not isinstance(request, dict) or not request.get("free") or not isinstance(schema, dict):
        return tool
    properties = FREE_ARGUMENTS | schema.get("properties", {})
    request = {"answer": "auto"} | tool["request"]
    if request.get("method") in BODILESS and "method" not in properties:
        properties = {name: value for name, value in properties.items() if name != "body"}
    return (
        {"output": FREE_OUTPUT}
        | tool
        | {
            "input": schema | {"properties": properties},
            "request": request,
        }
    )
