"""`python -m metabase plan | apply`: what stands between the command line and the work."""

from __future__ import annotations

import time
from collections.abc import Mapping

from metabase.content.load import load_content
from metabase.provision.apply import apply, plan
from metabase.provision.client import Client, Pause
from metabase.provision.settings import MetabaseSettings, PostgresConnection, read_metabase_settings
from metabase.provision.tell import json_of_plan, lines_of_plan


def run_plan(environ: Mapping[str, str], *, as_json: bool, rewrite_connection: bool) -> int:
    """Print what apply would do. Exit code 0, whatever that is."""
    settings = read_metabase_settings(environ)
    content = load_content()
    client = client_of(settings)
    try:
        found = plan(client, content, settings, rewrite_connection=rewrite_connection)
    finally:
        client.close()
    print(json_of_plan(found) if as_json else "\n".join(lines_of_plan(found)))
    return 0


def run_apply(environ: Mapping[str, str], *, rewrite_connection: bool) -> int:
    """Do it, with a line for each step."""
    settings = read_metabase_settings(environ)
    content = load_content()
    client = client_of(settings)
    try:
        done = apply(client, content, settings, _say, rewrite_connection=rewrite_connection)
    finally:
        client.close()
    print(f"{len(done.steps)} steps done, {done.unchanged} objects unchanged.")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def client_of(settings: MetabaseSettings, *, pause: Pause = time.sleep) -> Client:
    """A client for one server, which strikes every secret of the settings out of what it tells."""
    hidden = [settings.api_key, settings.password]
    if isinstance(settings.connection, PostgresConnection):
        hidden.append(settings.connection.password)
    elif settings.connection is not None:
        hidden.append(settings.connection.init_sql)
    return Client(settings.url, secrets=[secret for secret in hidden if secret], pause=pause)
