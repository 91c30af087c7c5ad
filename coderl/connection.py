"""Can the hub be reached? Asked first, for the hub's libraries try for most of a minute."""

from __future__ import annotations

import os
import socket
import urllib.request
from urllib.parse import urlsplit

CONNECT_S = 5.0
ENDPOINT = "https://huggingface.co"


def obstacle() -> str:
    """Why nothing can come from the hub, in words; nothing where it may, or need not."""
    if is_offline() or urllib.request.getproxies().keys() & {"http", "https", "all"}:
        return ""  # A proxy may reach what this machine cannot.
    endpoint = urlsplit(os.environ.get("HF_ENDPOINT") or ENDPOINT)
    port = endpoint.port or (80 if endpoint.scheme == "http" else 443)
    try:
        socket.create_connection((endpoint.hostname or "", port), CONNECT_S).close()
    except OSError as error:
        return f"no connection to {endpoint.hostname} ({error})"
    return ""


def is_offline() -> bool:
    """True if the user wants no connection to the hub."""
    names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in names)
