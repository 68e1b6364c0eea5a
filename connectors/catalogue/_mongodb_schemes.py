"""What a person fills in for MongoDB: single fields, or a connection string."""

from connectors import sql
from connectors.manifest import Field, Scheme, Verification
from connectors.schemes.mongodb import PORT

SOURCE = "https://www.mongodb.com/docs/manual/reference/connection-string-formats/"


def schemes(verification: Verification) -> list[Scheme]:
    """Make both schemes."""
    return [
        Scheme(
            key="database",
            label="Host, user and password",
            help="For one server. A replica set needs a connection string that names its hosts.",
            source=SOURCE,
            fields=[*_parts(), sql.ca_field()],
            verification=verification,
        ),
        Scheme(
            key="database_url",
            label="Connection string",
            help="mongodb+srv:// for Atlas; mongodb:// with all hosts for a replica set.",
            source=SOURCE,
            fields=[sql.connection_string(r"mongodb|mongodb\+srv", PORT), sql.ca_field()],
            verification=verification,
        ),
    ]


def _parts() -> list[Field]:
    return [
        Field(key="host", label="Host", kind="host", endpoint=True, placeholder="db.example.com"),
        Field(key="port", label="Port", kind="port", endpoint=True, default=str(PORT)),
        Field(
            key="database",
            label="Database",
            help="What tools use when they name none.",
            endpoint=True,
            max_length=63,
        ),
        Field(key="username", label="User", max_length=128),
        Field(key="password", label="Password", secret=True),
        Field(
            key="auth_database",
            label="Authentication database",
            help="Where the user is defined; usually admin.",
            endpoint=True,
            default="admin",
            max_length=63,
        ),
        sql.tls_field(),
    ]
