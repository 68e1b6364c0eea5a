"""The settings of tests: the product's own, with passwords that are quick to hash."""

import os

from spojit.settings import *  # noqa: F403  # that is the point

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if "TEST_CONNECTORS" in os.environ:  # a process of a test that brings connectors of its own
    from tests.servers import catalogue

    catalogue.install_from_environment()
