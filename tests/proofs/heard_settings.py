"""The settings of processes that listen: those of the tests, and an app that writes down."""

import os

from tests.settings import *  # noqa: F403  # that is the point
from tests.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.proofs.heard.Heard"]
DATABASES["default"]["OPTIONS"]["application_name"] = f"process {os.getpid()}"
