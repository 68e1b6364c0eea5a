"""The connector for tests is one like others, and is there only while a test wants it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from connectors import checks, registry
from tests.servers import catalogue

NOT_ELSEWHERE = "a person could name a host of their own and get the app's secret"


def test_the_test_service_is_a_sound_connector_but_for_its_place() -> None:
    with catalogue.with_connectors(catalogue.OIDC):
        connector = registry.get("oidc")
        found = {why for _, why in checks.problems(connector) if NOT_ELSEWHERE not in why}
        assert found == set()
        assert connector in registry.all()
        assert [scheme.key for scheme in connector.schemes] == ["oauth2", "oauth2_client"]
        assert [tool.key for tool in connector.tools] == ["list_orders", "request"]


def test_it_is_gone_afterwards() -> None:
    with catalogue.with_connectors(catalogue.OIDC):
        assert "oidc" in registry.paths()
    assert "oidc" not in registry.paths()
    assert catalogue.VARIABLE not in os.environ
    with pytest.raises(registry.UnknownConnector):
        registry.get("oidc")


def test_processes_that_a_test_begins_have_it_too() -> None:
    code = "import django; django.setup(); from connectors import registry; registry.get('oidc')"
    with catalogue.with_connectors(catalogue.OIDC):
        subprocess.run([sys.executable, "-c", code], check=True)
