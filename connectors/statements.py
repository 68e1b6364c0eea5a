"""What a statement of SQL may say when a tool only reads. The transaction is read-only besides."""

from __future__ import annotations

import re

from connectors.encoding import InvalidArguments

POSTGRESQL = re.compile(
    r"""(?ix) \bu&["'] | \b(?:
    dblink\w* | set_config | pg_sleep\w* | pg_notify | pg_promote | lowrite
    | lo_(?:creat\w*|export|from_bytea|import|open|put|truncate\w*|unlink)
    | pg_(?:advisory|backup|copy|create|drop|file|import|log|logical|ls|read|replication_origin
        |replication_slot|start|stop|switch|try_advisory|wal_replay)_\w+
    | pg_(?:cancel_backend|export_snapshot|reload_conf|rotate_logfile|stat_file|stat_reset\w*
        |terminate_backend)
    | (?:query|cursor)_to_xml\w* | ts_stat | crosstab\w* | connectby
    )\b"""
)
"""Functions that a read-only transaction allows and that do more than read tables: files, large
objects, other servers, settings, signals, locks, statements in texts; and names in code points.

Source: https://www.postgresql.org/docs/current/functions-admin.html
"""

_GAP = r"(?:\s|/\*.*?\*/|(?:--|[#])[^\n]*\n)*+"
MYSQL = re.compile(
    rf"""(?isx) /\*M?! | \b(?:outfile|dumpfile|load_file)\b
    | \bnext{_GAP}value{_GAP}for\b
    | \b(?:benchmark|sleep|get_lock|release_lock|release_all_locks|nextval|setval
        |master_pos_wait|source_pos_wait|sys_eval|sys_exec)[`"]?{_GAP}\("""
)
"""Comments that are carried out, and words that touch files, locks, sequences or the clock.

Source: https://dev.mysql.com/doc/refman/en/comments.html
"""

_FIRST_WORD = re.compile(
    r"(?:[\s(]|--[^\r\n]*(?:\r?\n|$)|/\*(?:(?!/\*|\*/).)*\*/)*+([A-Za-z]+)", re.DOTALL
)
"""The first word after white space and comments.

A comment within a comment and a lone carriage return end differently from server to server: what
begins with one has no first word.
"""


def require_reading(sql: str, *, allowed: frozenset[str], refused: re.Pattern[str]) -> None:
    """Refuse statements that do more than read.

    What is refused is looked for in the whole text, in quotes and comments too: telling these
    apart the way each server does would be a hole of its own.

    Raises:
        InvalidArguments: the statement begins with another word, or holds a refused one.
    """
    first = _FIRST_WORD.match(sql)
    word = first.group(1).upper() if first else ""
    if word not in allowed:
        usual = ", ".join(sorted(allowed))
        raise InvalidArguments(f"This tool only reads: the statement begins with {usual}.")
    if found := refused.search(sql):
        raise InvalidArguments(
            f"This tool only reads: {found.group()[:40]} may not stand in its statement."
            " If it is a value, give it as a parameter."
        )
