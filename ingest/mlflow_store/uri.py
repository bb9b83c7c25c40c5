"""Which store MLFLOW_TRACKING_URI names, and what it is called where credentials and paths do not belong."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from ingest.errors import SettingsError

_SQLITE = "sqlite:///"
_FORMS = (
    "give the address of a tracking server (http://… or https://…) or of a store in SQLite "
    "(sqlite:///path/to/mlflow.db); any other store is read through its own `mlflow server`"
)


def check_tracking_uri(uri: str) -> str:
    """The setting, where it has a form that can be read and the client for it is installed.

    Raises SettingsError, naming the setting and never its value: it may hold credentials.
    """
    scheme = uri.split(":", 1)[0] if ":" in uri else ""
    if scheme in ("http", "https"):
        _check_address(uri)
    elif sqlite_file(uri) is None:
        told = f"starts with {scheme!r}" if scheme.isidentifier() else "has no form that is known"
        raise SettingsError(f"MLFLOW_TRACKING_URI {told}; {_FORMS}.")
    missing = [name for name in ("mlflow", "sqlalchemy", "alembic") if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"MLFLOW_TRACKING_URI is set, but MLflow's client is not installed (no {', '.join(missing)}): "
            "install requirements.lock, as `make setup` does, or unset it."
        )
    return uri


def sqlite_file(uri: str) -> Path | None:
    """The file of a store in SQLite, absolute; null for any other store, and for one in memory."""
    name = uri.removeprefix(_SQLITE)
    if not uri.startswith(_SQLITE) or not name or name.startswith((":", "file:")) or "?" in name:
        return None
    return Path(name).expanduser().resolve()


def store_name(uri: str) -> str:
    """What the ingest log calls the store: `mlflow/` and host, port and path, or the name of the file.

    No credentials, no query, no folder of the machine: files of one name are told apart by a digest of where
    they are.
    """
    file = sqlite_file(uri)
    if file is not None:
        return f"mlflow/{file.name}-{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    return f"mlflow/{host.lower()}{parts.path.rstrip('/')}"


def _check_address(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise SettingsError(f"MLFLOW_TRACKING_URI is no address of a server; {_FORMS}.")
