"""Real services for tests, each begun by a `with` and ended with it: MariaDB, SMTP, AWS by moto."""

from tests.services.mariadb import MariaDb, mariadb
from tests.services.moto import Aws, aws
from tests.services.smtp import MailSink, mail_sink

__all__ = ["Aws", "MailSink", "MariaDb", "aws", "mail_sink", "mariadb"]
