"""A tool that only reads takes no statement that does more, however it is disguised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pymysql import Connection
from pymysql.constants import CLIENT
from pymysql.cursors import Cursor

from connectors.catalogue import mysql, postgresql
from connectors.encoding import InvalidArguments
from connectors.statements import MYSQL, POSTGRESQL, require_reading

if TYPE_CHECKING:
    import re


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'x' INTO/**/OUTFILE '/tmp/x'",
        "SELECT 'x' INTO -- \n DUMPFILE '/tmp/x'",
        "SELECT '/*' INTO OUTFILE '*/x'",
        "TABLE items INTO OUTFILE '/tmp/x'",
        "SELECT load_file('/etc/passwd')",
        "SELECT `LOAD_FILE`('/etc/passwd')",
        "SELECT /*!50000 1 INTO @a */",
        "SELECT /*M! 1 */",
        "SELECT SLEEP(20)",
        "SELECT sleep/**/(20)",
        "SELECT BENCHMARK (1e9, 1)",
        "SELECT GET_LOCK('a', 10)",
        "SELECT NEXT /**/ VALUE FOR items_sequence",
        "/*! DELETE */ FROM items",
        "/* /* */ SELECT */ DELETE FROM items",
        "-- x\rDELETE FROM items /*\nSELECT */",
        "DELETE FROM items",
        "",
    ],
)
def test_mysql_statements_that_do_more_than_read_are_refused(sql: str) -> None:
    with pytest.raises(InvalidArguments, match="only reads"):
        require_reading(sql, allowed=mysql.READING, refused=MYSQL)


@pytest.mark.parametrize(
    "sql",
    [
        "/*/**/SELECT*/ COPY (SELECT 1) TO PROGRAM 'id'",
        "-- x\rCOPY (SELECT 1) TO PROGRAM 'id' /*\nSELECT */",
        "COPY items TO '/tmp/x'",
        "DO $$ BEGIN COMMIT; END $$",
        "SET TRANSACTION READ WRITE",
        "SELECT lo_export(1, '/tmp/x')",
        "SELECT lo_unlink(1)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT \"pg_read_binary_file\"('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT * FROM dblink('host=x', 'delete from y') AS t(a int)",
        "SELECT dblink_exec('host=x', 'delete from y')",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT pg_sleep(20)",
        "SELECT pg_terminate_backend(1)",
        "SELECT query_to_xml('select pg_re' || 'ad_file(1)', true, true, '')",
        "SELECT U&\"pg_re\\0061d_file\"('/etc/passwd')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_stat_reset()",
    ],
)
def test_postgresql_statements_that_do_more_than_read_are_refused(sql: str) -> None:
    with pytest.raises(InvalidArguments, match="only reads"):
        require_reading(sql, allowed=postgresql.READING, refused=POSTGRESQL)


@pytest.mark.parametrize(
    ("sql", "refused"),
    [
        ("SELECT sleep, next_value FROM nights", MYSQL),
        ("-- one\r\n/* two */ (select 1)", MYSQL),
        ("SELECT * FROM pg_stat_activity", POSTGRESQL),
        ("WITH a AS (SELECT 1) SELECT lo_price FROM a", POSTGRESQL),
    ],
)
def test_statements_that_read_pass(sql: str, refused: re.Pattern[str]) -> None:
    require_reading(sql, allowed=postgresql.READING, refused=refused)


def unconnected_cursor() -> Cursor:
    connection = Connection(defer_connect=True)
    connection.server_status = 0  # type: ignore[attr-defined]
    return Cursor(connection)


def test_a_value_that_lands_in_a_comment_is_looked_at_too() -> None:
    cursor = unconnected_cursor()
    value = "*/, LOAD_FILE(0x2f6574632f706173737764) /*"
    with pytest.raises(InvalidArguments, match="LOAD_FILE"):
        mysql._require_filled(cursor, "SELECT 1 /*%s*/", [value])
    mysql._require_filled(cursor, "SELECT name FROM items WHERE name = %s", ["outfile"])


def test_values_that_do_not_fit_are_the_callers_mistake() -> None:
    with pytest.raises(InvalidArguments, match="do not fit"):
        mysql._require_filled(unconnected_cursor(), "SELECT %s, %s", [1])


def test_mysql_is_never_asked_for_several_statements_at_once() -> None:
    assert Connection(defer_connect=True).client_flag & CLIENT.MULTI_STATEMENTS == 0
