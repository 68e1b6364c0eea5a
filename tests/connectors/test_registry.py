"""The catalogue is read at once, without what only calls need."""

from __future__ import annotations

import subprocess
import sys

from connectors import checks, registry

SECONDS = 1.0
"""Of the processor, on a machine that is slow: it takes 0.13 s (`make bench`)."""

_READ_ALL = """
import sys, time
import spojit.lib.outbound, psycopg, redis
from connectors import registry
started = time.process_time()
found = registry.all()
print(time.process_time() - started)
heavy = ("re2", "phonenumbers", "stdnum", "email_validator", "jsonschema", "bson", "dns", "pymysql")
print(*(name for name in heavy if name in sys.modules))
print(len(found))
"""


def test_reading_all_of_it_takes_little_time_and_loads_no_library_that_only_calls_need() -> None:
    command = [sys.executable, "-c", _READ_ALL]
    subprocess.run(command, check=True, capture_output=True)  # what is kept is written
    seconds, heavy, count = subprocess.check_output(command, text=True).splitlines()
    assert float(seconds) < SECONDS
    assert heavy == ""
    assert int(count) > 30


def test_a_pattern_that_is_none_is_found_when_files_are_checked() -> None:
    found = registry.get("resend")
    field = found.schemes[0].fields[0].model_copy(update={"pattern": "re_("})
    scheme = found.schemes[0].model_copy(update={"fields": [field]})
    problems = dict(checks.problems(found.model_copy(update={"schemes": [scheme]})))
    assert problems["schemes[api_key].fields[api_key]"].startswith("re_( is no regular expression")
