"""The settings of tests: the product's own, with passwords that are quick to hash."""

from spojit.settings import *  # noqa: F403  # that is the point

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
