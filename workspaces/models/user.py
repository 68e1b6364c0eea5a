"""A person who signs in, by e-mail address."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from spojit.lib import clock
from spojit.lib.ids import new_id


class UserManager(BaseUserManager["User"]):
    """Finds and makes people."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a person with this address and password."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a member of staff with every right in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a person by address, ignoring case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Rights come from memberships, never from this row, but for staff."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = models.CharField(max_length=80, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=clock.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        """Show the name, or the address of who gave none."""
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return what the person is called."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the first name, or the part of the address before the @."""
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]
