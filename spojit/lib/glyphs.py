"""The drawn icons of the pages: path data on a 24 by 24 grid, stroked by the style sheet."""

from __future__ import annotations

GLYPHS: dict[str, str] = {
    "plus": "M12 5v14M5 12h14",
    "minus": "M5 12h14",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "cross": "M6 6l12 12M18 6L6 18",
    "search": "M17.5 11a6.5 6.5 0 1 1-13 0a6.5 6.5 0 0 1 13 0zM16 16l4.5 4.5",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "dots": (
        "M6 12a.8.8 0 1 1-1.6 0a.8.8 0 0 1 1.6 0zM12.8 12a.8.8 0 1 1-1.6 0a.8.8 0 0 1 1.6 0z"
        "M19.6 12a.8.8 0 1 1-1.6 0a.8.8 0 0 1 1.6 0z"
    ),
    "chevron-down": "M6 9.5l6 6l6-6",
    "chevron-right": "M9.5 6l6 6l-6 6",
    "chevron-left": "M14.5 6l-6 6l6 6",
    "up-down": "M8 9.5l4-4l4 4M8 14.5l4 4l4-4",
    "arrow-up": "M12 19V5M6 11l6-6l6 6",
    "arrow-down": "M12 5v14M6 13l6 6l6-6",
    "arrow-right": "M5 12h14M13 6l6 6l-6 6",
    "arrow-left": "M19 12H5M11 6l-6 6l6 6",
    "external": "M8 16L17 7M9 7h8v8",
    "connections": "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
    "connectors": "M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z",
    "workflow": "M4 4h6.5v5.5H4zM13.5 14.5H20V20h-6.5zM7.25 9.5v4.5a3.25 3.25 0 0 0 3.25 3.25h3",
    "bell": "M6 16v-5a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
    "settings": (
        "M4 7h8M18 7h2M17 7a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0z"
        "M4 17h2M12 17h8M11 17a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0z"
    ),
    "people": (
        "M12.5 8.5a3.5 3.5 0 1 1-7 0a3.5 3.5 0 0 1 7 0zM3 19.5a6 6 0 0 1 12 0"
        "M16 5.4a3.5 3.5 0 0 1 0 6.2M18 14.6a6 6 0 0 1 3 4.9"
    ),
    "person": "M16 8a4 4 0 1 1-8 0a4 4 0 0 1 8 0zM5 20a7 7 0 0 1 14 0",
    "audit": "M6 3.5h12v17H6zM9.5 8.5h5M9.5 12h5M9.5 15.5h3",
    "leave": "M14 4.5H6v15h8M11 12h9.5M17 8.5l3.5 3.5l-3.5 3.5",
    "copy": "M9 9h10.5v10.5H9zM5.5 15H4.5V4.5H15v1",
    "key": "M12.5 15.5a4 4 0 1 1-8 0a4 4 0 0 1 8 0zM11.5 12.7L20 4.5M16.5 8l2.5 2.5",
    "verify": "M20 12a8 8 0 1 1-2.6-5.9M20 4v4.5h-4.5",
    "rotate": (
        "M4.5 10a8 8 0 0 1 14-3.2L20 8.5M20 4.5v4h-4M19.5 14a8 8 0 0 1-14 3.2L4 15.5M4 19.5v-4h4"
    ),
    "remove": "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.5 11v5M13.5 11v5",
    "edit": "M5 19l.8-4L16 4.8a1.4 1.4 0 0 1 2 0L19.2 6a1.4 1.4 0 0 1 0 2L9 18.2z",
    "clock": "M20.5 12a8.5 8.5 0 1 1-17 0a8.5 8.5 0 0 1 17 0zM12 7v5.2l3.2 2",
    "warning": "M12 4.5L21 19.5H3zM12 10.5v4M12 17h.01",
    "info": "M20.5 12a8.5 8.5 0 1 1-17 0a8.5 8.5 0 0 1 17 0zM12 11v5M12 8h.01",
    "failed": "M20.5 12a8.5 8.5 0 1 1-17 0a8.5 8.5 0 0 1 17 0zM9 9l6 6M15 9l-6 6",
    "done": "M20.5 12a8.5 8.5 0 1 1-17 0a8.5 8.5 0 0 1 17 0zM8.5 12.3l2.5 2.5l4.7-5",
    "lock": "M5.5 11h13v9h-13zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "shield": "M12 3.5l7 2.5v5.5c0 4.2-2.8 7.4-7 9c-4.2-1.6-7-4.8-7-9V6z",
    "download": "M12 4v11M7.5 10.5L12 15l4.5-4.5M5 19.5h14",
    "mail": "M3.5 6h17v12.5h-17zM4 7l8 6.5L20 7",
    "play": "M7.5 5l11 7l-11 7z",
    "book": "M5 4.5h11.5a2 2 0 0 1 2 2V20H7a2 2 0 0 1-2-2zM5 17.5a2 2 0 0 1 2-2h11.5",
    "swap": "M4 8.5h15M15.5 5L19 8.5L15.5 12M20 15.5H5M8.5 12L5 15.5L8.5 19",
    "activity": "M3 12h4l3-7.5l4.5 15L17.5 12H21",
    "tool": "M5 5h14v14H5zM9 10l2.5 2L9 14M13 15h3",
    "building": "M5 20V4.5h9V20M14 10h5v10M3.5 20h17M8 8.5h3M8 12h3M8 15.5h3",
    "eye": "M2.5 12C4.5 8 8 5.5 12 5.5S19.5 8 21.5 12c-2 4-5.5 6.5-9.5 6.5S4.5 16 2.5 12z"
    "M15 12a3 3 0 1 1-6 0a3 3 0 0 1 6 0z",
    "inbox": "M4 13.5l2.5-8.5h11l2.5 8.5V19H4zM4 13.5h5a3 3 0 0 0 6 0h5",
    "approval": "M4 5h16v11.5h-8.5L7 20v-3.5H4zM8.5 10.8l2.4 2.4l4.6-4.9",
    "send": "M4 12L20 4.5L15.5 20l-4-6.5zM11.5 13.5L20 4.5",
    "undo": "M9 5L4.5 9.5L9 14M4.5 9.5H14a5 5 0 0 1 0 10h-3",
    "redo": "M15 5l4.5 4.5L15 14M19.5 9.5H10a5 5 0 0 0 0 10h3",
    "branch": (
        "M12 4v5M12 9c0 4-6 3-6 7v4M12 9c0 4 6 3 6 7v4"
        "M3.5 17.5L6 20l2.5-2.5M15.5 17.5L18 20l2.5-2.5"
    ),
    "parallel": "M5 4.5v15M12 4.5v15M19 4.5v15M5 4.5h14M5 19.5h14",
    "transform": (
        "M9 4.5c-3 0-1 7-4.5 7.5C8 12.5 6 19.5 9 19.5M15 4.5c3 0 1 7 4.5 7.5c-3.5.5-1.5 7.5-4.5 7.5"
    ),
    "fit": "M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15",
    "filter": "M4 6h16M7 12h10M10 18h4",
    "history": "M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4.5l3 1.8",
}

STATUS_SHAPES: dict[str, str] = {
    "active": '<circle cx="6" cy="6" r="4.5" fill="currentColor"/>',
    "pending": (
        '<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.75"'
        ' stroke-dasharray="2.6 1.6"/>'
    ),
    "reauthorize": '<path d="M6 1L11.5 10.75H.5z" fill="currentColor"/>',
    "error": '<path d="M1.5 1.5h9v9h-9zM3.5 5v2h5V5z" fill="currentColor" fill-rule="evenodd"/>',
    "accepted": (
        '<path d="M1.75 6.5l3 3l5.5-6.5" fill="none" stroke="currentColor" stroke-width="1.9"/>'
    ),
    "duplicate": (
        '<path d="M4.5 4.5h6v6h-6zM7.5 2h-6v6" fill="none" stroke="currentColor"'
        ' stroke-width="1.4"/>'
    ),
    "refused": (
        '<path d="M2.5 2.5l7 7M9.5 2.5l-7 7" fill="none" stroke="currentColor" stroke-width="1.9"/>'
    ),
    "queued": '<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.75"/>',
    "running": '<path d="M3 1.5l7.5 4.5L3 10.5z" fill="currentColor"/>',
    "waiting": '<path d="M2.5 1.75h2.75v8.5H2.5zM6.75 1.75H9.5v8.5H6.75z" fill="currentColor"/>',
    "completed": (
        '<path d="M6 .75a5.25 5.25 0 1 1 0 10.5a5.25 5.25 0 0 1 0-10.5zM3 6.2l2.2 2.2l3.9-4.3'
        'l-.9-.9l-3 3.3l-1.3-1.3z" fill="currentColor" fill-rule="evenodd"/>'
    ),
    "failed": (
        '<path d="M6 .75a5.25 5.25 0 1 1 0 10.5a5.25 5.25 0 0 1 0-10.5zM4.3 3.3l-1 1L5 6L3.3 7.7'
        'l1 1L6 7l1.7 1.7l1-1L7 6l1.7-1.7l-1-1L6 5z" fill="currentColor" fill-rule="evenodd"/>'
    ),
    "timed_out": ('<path d="M2 1h8v1.5L7.2 6L10 9.5V11H2V9.5L4.8 6L2 2.5z" fill="currentColor"/>'),
    "cancelled": (
        '<path d="M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zM2.5 9.5l7-7" fill="none"'
        ' stroke="currentColor" stroke-width="1.6"/>'
    ),
}
