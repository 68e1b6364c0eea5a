"""Forms of the connections app: they validate and never save."""

from connections.forms.adding import AddForm
from connections.forms.arguments import ToolForm
from connections.forms.lines import Line, Stored
from connections.forms.oauth_app import OAuthAppForm
from connections.forms.rotating import RotateForm
from connections.forms.scopes import ScopesForm
from connections.forms.secrets import RetirementForm, SecretForm
from connections.forms.settings import (
    ExpiryForm,
    HandOverForm,
    NameForm,
    RemovalForm,
    SharingForm,
)

__all__ = [
    "AddForm",
    "ExpiryForm",
    "HandOverForm",
    "Line",
    "NameForm",
    "OAuthAppForm",
    "RemovalForm",
    "RetirementForm",
    "RotateForm",
    "ScopesForm",
    "SecretForm",
    "SharingForm",
    "Stored",
    "ToolForm",
]
