"""What readers of PostgreSQL see while releases come, are held, are rolled back and go."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import adbc_driver_manager.dbapi as dbapi
import pytest
from adbc_driver_postgresql.dbapi import connect

from ingest.postgres_url import PostgresUrl
from ingest.redaction import KEEP_ALL
from ingest.subjects import names_of
from metabase.errors import PostgresError, StillReadError
from metabase.expiry import expire
from metabase.forgetting import release_without
from metabase.release import recover
from metabase.report import lines_of_serving
from metabase.rollback import roll_back
from tests.metabase.served import Served, ask
from tests.metabase.small_warehouse import NOW
from tests.metabase.test_release import BREAK_TENANTS, add_calls, publish
from tests.postgres_server import PostgresServer

COLUMNS = """
    select column_name::text, format_type(atttypid, atttypmod)
    from information_schema.columns
    join pg_attribute on attrelid = 'marts.calls_daily'::regclass and attname = column_name
    where table_schema = 'marts' and table_name = 'calls_daily' order by ordinal_position
"""
INDEXES = "select indexdef::text from pg_indexes where schemaname = 'marts' and tablename = '{}' order by 1"
SCHEMAS = "select nspname::text from pg_namespace where nspname like 'marts%' order by 1"


def test_a_release_has_the_types_and_values_of_the_contract(served: Served) -> None:
    publish(served.warehouse)
    assert served.know(COLUMNS) == [
        ("usage_date", "date"),
        ("tenant_id", "text"),
        ("entitlement_tier", "text"),
        ("requests", "bigint"),
        ("total_tokens", "bigint"),
        ("cost_usd", "numeric(38,9)"),
    ]
    assert served.ask(
        "select usage_date, requests, total_tokens, cost_usd::text from marts.calls_daily order by 1 limit 1"
    ) == [(date(2026, 10, 1), 1, 100, "0.500000000")]
    at = served.ask("select distinct published_at from marts.publications")
    assert at == [(NOW.replace(tzinfo=None),)]


def test_a_grain_without_nulls_is_the_primary_key_and_one_with_nulls_is_unique(served: Served) -> None:
    publish(served.warehouse)
    assert served.know(INDEXES.format("calls_daily")) == [
        (
            "CREATE INDEX calls_daily_tenant_id_usage_date_idx ON marts.calls_daily "
            "USING btree (tenant_id, usage_date)",
        ),
        ("CREATE UNIQUE INDEX calls_daily_pkey ON marts.calls_daily USING btree (usage_date, tenant_id)",),
    ]
    assert served.know(INDEXES.format("tenants")) == [
        (
            "CREATE UNIQUE INDEX tenants_tenant_id_idx ON marts.tenants USING btree (tenant_id) "
            "NULLS NOT DISTINCT",
        )
    ]


def test_tables_and_columns_carry_their_descriptions_and_are_analysed(served: Served) -> None:
    publish(served.warehouse)
    assert served.know("select obj_description('marts.tenants'::regclass, 'pg_class')") == [
        ("One row per whatever tenants says.",)
    ]
    assert served.know("select col_description('marts.tenants'::regclass, 1)") == [("The tenant_id.",)]
    assert served.know(
        "select count(*) from pg_class where relnamespace = 'marts'::regnamespace and relkind = 'r' "
        "and reltuples < 0"
    ) == [(0,)]


def test_a_text_that_postgres_cannot_hold_shows_that_something_stood_there(served: Served) -> None:
    served.warehouse.connection.execute("update lake.marts.tenants set tenant_id = 'a' || chr(0) || 'b'")
    served.warehouse.connection.execute("delete from lake.marts.tenants where rowid > 0")
    publish(served.warehouse)
    assert served.ask("select distinct tenant_id from marts.tenants") == [("a\ufffdb",)]


@pytest.mark.parametrize("mart", ["calls_daily", "tenants"])
def test_a_text_that_is_too_long_for_an_index_costs_the_index_and_no_release(
    served: Served, mart: str
) -> None:
    name = secrets.token_hex(10_000)
    served.warehouse.connection.execute(
        f"update lake.marts.{mart} set tenant_id = ? where tenant_id = 'acme'", [name]
    )
    publish(served.warehouse)
    assert served.ask(f"select max(length(tenant_id)) from marts.{mart}") == [(20_000,)]
    assert served.know(INDEXES.format(mart)) == []


def test_a_held_mart_keeps_its_rows_in_postgres_while_the_others_are_released(served: Served) -> None:
    publish(served.warehouse)
    add_calls(served.warehouse, "nova")
    publish(served.warehouse, BREAK_TENANTS)
    assert served.ask("select count(*) from marts.tenants where tenant_id = 'nova'") == [(0,)]
    assert served.ask("select count(*) from marts.calls_daily where tenant_id = 'nova'") == [(1,)]
    assert served.ask(
        "select state from marts.publications where mart = 'tenants' and publication_id = 'r00000002'"
    ) == [("held",)]


def test_a_held_mart_whose_key_has_changed_since_is_shown_as_it_was(served: Served) -> None:
    served.warehouse.connection.execute("insert into lake.marts.tenants values ('acme', 4)")
    publish(served.warehouse)
    assert served.ask("select count(*) from marts.tenants") == [(3,)]
    assert served.know(INDEXES.format("tenants")) == [
        ("CREATE INDEX tenants_tenant_id_idx ON marts.tenants USING btree (tenant_id)",)
    ]


def test_going_back_shows_an_older_release_under_a_new_id(served: Served) -> None:
    publish(served.warehouse)
    add_calls(served.warehouse, "nova")
    publish(served.warehouse)
    warehouse = served.warehouse
    roll_back(warehouse.connection, warehouse.settings, served.project, "r00000001", now=NOW)
    assert served.ask("select count(*) from marts.tenants") == [(2,)]
    assert served.target.current() == "r00000003"
    assert served.ask("select count(distinct publication_id) from marts.publications") == [(3,)]


def test_an_older_release_that_is_shown_again_can_be_read_again(served: Served) -> None:
    publish(served.warehouse)
    add_calls(served.warehouse, "nova")
    publish(served.warehouse)
    served.target.show("r00000001", served.project)
    assert served.ask("select count(*) from marts.tenants") == [(2,)]
    with pytest.raises(dbapi.Error, match="permission denied"):
        served.ask("select count(*) from marts_r00000002.tenants")


def stand(served: Served, count: int) -> datetime:
    """Releases without rows, an hour from one to the next, the last one shown; when that one was made."""
    at = NOW.replace(tzinfo=None)
    for number in range(1, count + 1):
        at += timedelta(hours=1)
        served.know(f"create schema marts_r{number:08d}")
        served.know(f"create table marts_r{number:08d}.tenants (n int)")
        served.warehouse.connection.execute(
            "insert into lake.marts.publications values (?, ?, 'tenants', 1, 0, '', 'published')",
            [f"r{number:08d}", at],
        )
    served.know(f"alter schema marts_r{count:08d} rename to marts")
    served.know(f"comment on schema marts is 'Tracehouse release r{count:08d}'")
    return at.replace(tzinfo=UTC)


def test_old_releases_leave_the_database_by_the_rule_of_the_folder(served: Served) -> None:
    at = stand(served, 12)
    warehouse = served.warehouse
    expire(warehouse.connection, warehouse.settings, now=at)
    assert served.target.kept() == [f"r{number:08d}" for number in range(2, 13)]
    expire(warehouse.connection, warehouse.settings, now=at + timedelta(hours=1))
    assert served.target.kept() == [f"r{number:08d}" for number in range(3, 13)]


def test_a_release_that_a_reader_holds_goes_the_next_time(served: Served) -> None:
    at = stand(served, 11) + timedelta(hours=1)
    warehouse = served.warehouse
    with connect(served.url) as reader:
        ask(reader, "select * from marts_r00000001.tenants")
        expire(warehouse.connection, warehouse.settings, now=at)
        assert "r00000001" in served.target.kept()
        reader.rollback()
    expire(warehouse.connection, warehouse.settings, now=at)
    assert served.target.kept() == [f"r{number:08d}" for number in range(2, 12)]


def test_an_erasure_leaves_nothing_of_somebody_in_any_schema(served: Served) -> None:
    clean = publish(served.warehouse).publication_id
    add_calls(served.warehouse, "ada-7")
    publish(served.warehouse)
    made = release_without(
        served.warehouse.connection,
        served.warehouse.settings,
        served.project,
        names_of("ada-7", "ada-7", KEEP_ALL, until=None),
        now=NOW,
    )
    assert made is not None
    assert served.target.kept() == [clean, made.publication_id]
    for (schema,) in served.know(SCHEMAS):
        for mart in ("calls_daily", "tenants"):
            found = f"select count(*) from {schema}.{mart} where tenant_id = 'ada-7'"
            assert served.know(found) == [(0,)]
    assert served.ask("select count(*) from marts.calls_daily") == [(20,)]


def test_an_erasure_that_a_reader_hinders_says_so_and_can_be_repeated(served: Served) -> None:
    add_calls(served.warehouse, "ada-7")
    publish(served.warehouse)
    names = names_of("ada-7", "ada-7", KEEP_ALL, until=None)
    warehouse = served.warehouse

    def forget() -> None:
        release_without(warehouse.connection, warehouse.settings, served.project, names, now=NOW)

    with connect(served.url) as reader:
        ask(reader, "select * from marts.tenants")
        with pytest.raises(StillReadError, match=r"r00000001 .* end that reader's session"):
            forget()
        assert served.ask("select count(*) from marts.tenants where tenant_id = 'ada-7'") == [(0,)]
        reader.rollback()
    forget()
    assert served.target.kept() == ["r00000002"]


def test_the_reader_can_neither_write_nor_look_beyond_the_shown_release(served: Served) -> None:
    publish(served.warehouse)
    publish(served.warehouse)
    refused = [
        "insert into marts.tenants values ('x', 1)",
        "update marts.tenants set seats = 0",
        "delete from marts.tenants",
        "drop table marts.tenants",
        "create table marts.mine (n int)",
        "create table public.mine (n int)",
        "create temporary table mine (n int)",
        "select * from marts_r00000001.tenants",
    ]
    for statement in refused:
        with pytest.raises(dbapi.Error, match=r"permission denied|read-only transaction"):
            served.ask(statement)
    with connect(served.reader_url, autocommit=True) as reader:
        ask(reader, "set default_transaction_read_only = off")
        for statement in [s for s in refused if "temporary" not in s]:
            with pytest.raises(dbapi.Error, match=r"permission denied|must be owner"):
                ask(reader, statement)


def test_a_reader_role_that_is_missing_is_made_without_a_login(served: Served) -> None:
    settings = replace(served.warehouse.settings, reader_role="nobody_yet")
    publish(replace(served.warehouse, settings=settings))
    assert served.know("select rolcanlogin, rolsuper from pg_roles where rolname = 'nobody_yet'") == [
        (False, False)
    ]
    assert served.know(
        "select setconfig::text from pg_db_role_setting where setrole = 'nobody_yet'::regrole"
    ) == [("{default_transaction_read_only=on}",)]


def loader(served: Served, postgres: PostgresServer) -> PostgresUrl:
    """A user who may create schemas in the database, and nothing else anywhere."""
    name, secret = f"l{secrets.token_hex(4)}", secrets.token_hex(8)
    database = served.url.rpartition("/")[2]
    served.know(f"create role {name} login password '{secret}'")
    served.know(f"grant create on database {database} to {name}")
    return PostgresUrl(postgres.url_of(database, user=name, password=secret))


def test_a_user_who_may_create_schemas_needs_no_other_right(served: Served, postgres: PostgresServer) -> None:
    settings = replace(served.warehouse.settings, postgres=loader(served, postgres))
    warehouse = replace(served.warehouse, settings=settings)
    publish(warehouse)
    add_calls(warehouse, "nova")
    publish(warehouse)
    assert served.ask("select count(*) from marts.tenants") == [(3,)]


def test_a_user_who_may_not_create_roles_is_told_what_to_run(
    served: Served, postgres: PostgresServer
) -> None:
    url = loader(served, postgres)
    settings = replace(served.warehouse.settings, postgres=url, reader_role="no_such_role")
    with pytest.raises(PostgresError, match="create role no_such_role nologin") as told:
        publish(replace(served.warehouse, settings=settings))
    assert url.url.split(":")[2].split("@")[0] not in str(told.value)
    assert served.target.kept() == served.folder.kept() == []


def test_a_reader_role_that_could_write_is_refused(served: Served, postgres: PostgresServer) -> None:
    url = loader(served, postgres)
    served.know(f"create role {url.user}_member in role {url.user}")
    for role in [str(url.user), f"{url.user}_member", postgres.user]:
        settings = replace(served.warehouse.settings, postgres=url, reader_role=role)
        with pytest.raises(PostgresError, match=f"TRACEHOUSE_READER_ROLE is {role}, which may write"):
            publish(replace(served.warehouse, settings=settings))
    assert served.target.kept() == served.folder.kept() == []


def test_a_database_that_is_named_later_is_loaded_without_a_new_release(served: Served) -> None:
    warehouse = served.warehouse
    publish(replace(warehouse, settings=replace(warehouse.settings, postgres=None)))
    assert served.target.current() is None
    recover(warehouse.connection, warehouse.settings, served.project)
    assert served.target.current() == "r00000001"
    assert served.ask("select count(*) from marts.tenants") == [(2,)]


def test_a_home_that_was_made_anew_goes_on_counting_and_keeps_what_readers_see(
    served: Served, postgres: PostgresServer
) -> None:
    served.know("create schema marts_r00000041")
    served.know("create table marts_r00000041.tenants (n int)")
    served.know("alter schema marts_r00000041 rename to marts")
    served.know("comment on schema marts is 'Tracehouse release r00000041'")
    recover(served.warehouse.connection, served.warehouse.settings, served.project)
    assert served.target.current() == "r00000041"
    assert publish(served.warehouse).publication_id == "r00000042"
    assert served.target.kept() == ["r00000041", "r00000042"]


def test_a_schema_that_no_release_made_is_left_alone(served: Served) -> None:
    served.know("create schema marts")
    with pytest.raises(PostgresError, match="a schema marts that no release made"):
        publish(served.warehouse)
    assert served.folder.kept() == []


def test_a_server_that_is_away_fails_the_release_in_a_sentence_without_the_password(served: Served) -> None:
    publish(served.warehouse)
    away = PostgresUrl("postgresql://owner:hunter2@127.0.0.1:1/marts?password=hunter3")
    with pytest.raises(PostgresError, match=r"owner:\*\*\*@127.0.0.1:1/marts failed .*Readers still") as told:
        publish(replace(served.warehouse, settings=replace(served.warehouse.settings, postgres=away)))
    assert "hunter" not in str(told.value)
    assert told.value.__suppress_context__


def test_report_names_the_release_in_postgres_and_no_password(served: Served) -> None:
    publish(served.warehouse)
    lines = "\n".join(lines_of_serving(served.warehouse.connection, served.warehouse.settings))
    assert "PostgreSQL: r00000001 in schema marts of postgresql://owner:***@127.0.0.1:" in lines
    assert served.url.split(":")[2].split("@")[0] not in lines


def test_decimals_keep_every_digit(served: Served) -> None:
    largest = Decimal("99999999999999999999999999999.999999999")
    served.warehouse.connection.execute("update lake.marts.calls_daily set cost_usd = ?", [largest])
    publish(served.warehouse)
    assert served.ask("select distinct cost_usd::text from marts.calls_daily") == [(str(largest),)]
