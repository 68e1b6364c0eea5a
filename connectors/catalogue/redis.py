"""Redis, Valkey and what speaks their protocol. Only commands that work on data are run."""

from typing import Annotated, Any

from pydantic import Field as Argument

from connectors import sql
from connectors.catalogue._redis import PORT, READING, WRITING, connect, plain, run, whoami
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Field, Icon, Link, Scheme, Verification
from connectors.schemes import database
from connectors.session import Account, Session

MAX_KEYS = 1_000

Name = Annotated[str, Argument(min_length=1, description="The key.")]
Scalar = str | int | float


def verify(session: Session) -> Account:
    """Ask who is signed in; a user who may not ask is known by the name it gave."""
    target = database.target(session.values, port=PORT)
    with connect(session) as client:
        user = whoami(client) or target.user or "default"
    place, name = f"{target.host}:{target.port}", f"{user} on {target.host}"
    return Account(id=f"{user}@{place}/{target.database or '0'}", name=name, place=place)


def get(session: Session, *, key: Name) -> str | None:
    """Reads the text at a key; null when there is none."""
    with connect(session) as client:
        found: str | None = plain(run(client, "GET", key))
        return found


def set_(
    session: Session,
    *,
    key: Name,
    value: Annotated[Scalar, Argument(description="The value.")],
    expire_seconds: Annotated[int, Argument(ge=1, description="It is gone after so long.")]
    | None = None,
) -> bool:
    """Writes a value to a key, in place of what was there."""
    expiry = ["EX", expire_seconds] if expire_seconds else []
    with connect(session) as client:
        return run(client, "SET", key, value, *expiry) in {b"OK", "OK", True}


def delete(session: Session, *, keys: Annotated[list[str], Argument(min_length=1)]) -> int:
    """Removes keys, and gives how many there were."""
    with connect(session) as client:
        return int(run(client, "DEL", *keys))


def increment(
    session: Session,
    *,
    key: Name,
    by: Annotated[int, Argument(description="How much to add.")] = 1,
) -> int:
    """Adds to the number at a key, and gives the new one."""
    with connect(session) as client:
        return int(run(client, "INCRBY", key, by))


def list_keys(
    session: Session,
    *,
    pattern: Annotated[str, Argument(description="Such as demo:*.")] = "*",
    limit: Annotated[int, Argument(ge=1, le=MAX_KEYS)] = 100,
) -> list[str]:
    """Lists keys that match a pattern, without holding the server up."""
    found: dict[str, None] = {}
    cursor = 0
    with connect(session) as client:
        while len(found) < limit:
            cursor, keys = run(client, "SCAN", cursor, "MATCH", pattern, "COUNT", 500)
            found |= dict.fromkeys(plain(keys))
            if int(cursor) == 0:
                break
    return list(found)[:limit]


def command(
    session: Session,
    *,
    name: Annotated[str, Argument(pattern=r"^[A-Za-z]+$", description="Such as HGETALL.")],
    arguments: Annotated[list[Scalar], Argument(max_length=1000)] | None = None,
) -> Any:
    """Runs one command that works on data; those that administer the server are refused."""
    word = name.upper()
    if word not in READING | WRITING:
        raise InvalidArguments(f"The command {word[:40]} is not run here.")
    with connect(session) as client:
        return plain(run(client, word, *(arguments or [])))


def _fields() -> list[Field]:
    return [
        Field(
            key="host", label="Host", kind="host", endpoint=True, placeholder="cache.example.com"
        ),
        Field(key="port", label="Port", kind="port", endpoint=True, default=str(PORT)),
        Field(
            key="database",
            label="Database",
            help="A number, usually 0.",
            kind="integer",
            endpoint=True,
            default="0",
            pattern="[0-9]{1,5}",
            pattern_hint="a number from 0 up.",
        ),
        Field(key="username", label="User", help="Empty for the default user.", required=False),
        Field(key="password", label="Password", secret=True, required=False),
        sql.tls_field(),
        sql.ca_field(),
    ]


_VERIFICATION = Verification(
    function=verify,
    called="ACL WHOAMI, or PING where that is not allowed",
    source="https://redis.io/docs/latest/commands/acl-whoami/",
)

connector = Connector(
    key="redis",
    name="Redis",
    category="Data",
    summary="Read and write keys of a Redis or Valkey server.",
    icon=Icon(mark="redis"),
    documentation=[
        Link(title="Commands", url="https://redis.io/docs/latest/commands/"),
        Link(
            title="Access control lists",
            url="https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/",
        ),
    ],
    before_you_start=[
        "The server must let this installation in; allow its address if there is a firewall.",
        "Use a user of its own that may only touch the keys it needs, such as ~shop:*.",
    ],
    ports="any",
    schemes=[
        Scheme(
            key="database",
            label="Host, user and password",
            source="https://redis.io/docs/latest/commands/auth/",
            fields=_fields(),
            verification=_VERIFICATION,
        ),
        Scheme(
            key="database_url",
            label="Connection string",
            help="rediss:// is encrypted and verified; redis:// is not encrypted.",
            source="https://www.iana.org/assignments/uri-schemes/prov/redis",
            fields=[sql.connection_string("rediss|redis", PORT), sql.ca_field()],
            verification=_VERIFICATION,
        ),
    ],
    tools=[
        tool(
            get,
            title="Get a value",
            source="https://redis.io/docs/latest/commands/get/",
            example=Example(arguments={"key": "demo:greeting"}, answer="hello"),
        ),
        tool(
            set_,
            title="Set a value",
            effect="write",
            idempotent=True,
            source="https://redis.io/docs/latest/commands/set/",
            example=Example(arguments={"key": "demo:greeting", "value": "hello"}, answer=True),
        ),
        tool(
            delete,
            title="Delete keys",
            effect="destructive",
            idempotent=True,
            source="https://redis.io/docs/latest/commands/del/",
            example=Example(arguments={"keys": ["demo:greeting"]}, answer=1),
        ),
        tool(
            increment,
            title="Increment a number",
            effect="write",
            source="https://redis.io/docs/latest/commands/incrby/",
            example=Example(arguments={"key": "demo:count", "by": 2}, answer=2),
        ),
        tool(
            list_keys,
            title="List keys",
            source="https://redis.io/docs/latest/commands/scan/",
            example=Example(arguments={"pattern": "demo:*"}, answer=["demo:greeting"]),
        ),
        tool(
            command,
            title="Run a command",
            effect="destructive",
            source="https://redis.io/docs/latest/commands/",
            example=Example(arguments={"name": "HGETALL", "arguments": ["demo:user"]}, answer=[]),
        ),
    ],
)
