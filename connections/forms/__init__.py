"""Forms of the connections app: they validate and never save."""

from connections.forms.adding import AddForm
from connections.forms.arguments import ToolForm
from connections.forms.lines import Line, Stored
from connections.forms.rotating import RotateForm
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
    "RemovalForm",
    "RotateForm",
    "SharingForm",
    "Stored",
    "ToolForm",
]
