"""Reading the environment: typed values, and every fault remembered by its name."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from spojit.lib.env import POSTGRESQL, Env


def stop(env: Env) -> str:
    with pytest.raises(SystemExit) as caught:
        env.stop_if_anything_is_missing()
    return str(caught.value)


def test_lists_are_read_with_their_types() -> None:
    env = Env({"PORTS": "8443, 9000", "NETWORKS": "10.1.0.0/16,::1"})
    assert env.numbers("PORTS", default=[]) == [8443, 9000]
    assert env.networks("NETWORKS") == [ip_network("10.1.0.0/16"), ip_network("::1/128")]
    assert env.numbers("NONE", default=[8000]) == [8000]
    assert env.networks("NONE", default=["127.0.0.0/8"]) == [ip_network("127.0.0.0/8")]
    env.stop_if_anything_is_missing()


def test_a_wrong_list_is_named() -> None:
    env = Env({"PORTS": "8443,http", "NETWORKS": "10.1.2.3/8"})
    assert env.numbers("PORTS", default=[]) == []
    assert env.networks("NETWORKS") == []
    assert stop(env) == (
        "Spojit cannot start: PORTS must be whole numbers, separated by commas; "
        "NETWORKS must be networks as 10.1.0.0/16, separated by commas."
    )


def test_a_url_of_another_kind_is_named_and_not_shown() -> None:
    env = Env({"DATABASE_URL": "mysql://app:secret@host/none"})
    assert env.url("DATABASE_URL", schemes=POSTGRESQL, fix="the app role's URL") == ""
    assert stop(env) == "Spojit cannot start: DATABASE_URL must begin with postgresql://."


def test_only_a_url_with_a_remedy_is_required() -> None:
    env = Env({})
    assert env.url("OTHER", schemes=POSTGRESQL) == ""
    env.stop_if_anything_is_missing()
    assert env.url("DATABASE_URL", schemes=POSTGRESQL, fix="the app role's URL") == ""
    assert stop(env) == "Spojit cannot start: DATABASE_URL is not set (the app role's URL)."


def test_an_unknown_log_level_is_named() -> None:
    env = Env({"LOG_LEVEL": "loud"})
    assert env.level("LOG_LEVEL", default="INFO") == "INFO"
    assert env.level("OTHER", default="INFO") == "INFO"
    assert stop(env).startswith("Spojit cannot start: LOG_LEVEL must be DEBUG, INFO")
