-- Databases, roles and passwords of a deployment; run as the administrator, as often as you like.
-- Run again with other passwords, it rotates them. Passwords come from the environment, never from an argument.
\getenv serving_password SERVING_PASSWORD
\getenv reader_password READER_PASSWORD
\getenv metabase_password METABASE_APP_PASSWORD

-- A statement that fails is not written to the server's log with the password in it.
set log_min_error_statement = panic;
set client_min_messages = warning;

select format('create role %I', name)
from (values ('tracehouse'), ('tracehouse_reader'), ('metabase')) as wanted (name)
where not exists (select from pg_roles where rolname = name) \gexec

-- Publishes marts: owns its database and nothing else.
alter role tracehouse with login password :'serving_password';
-- It waits for readers before it shows a release, and sees of other roles' sessions how old they are only with this.
do $$
begin
    grant pg_read_all_stats to tracehouse;
exception
    when insufficient_privilege then
        raise warning 'tracehouse may not see how old sessions of readers are, so a swap cannot wait for them';
end
$$;
-- Asks for dashboards: part of no other role; what it may read, each release grants.
alter role tracehouse_reader with login password :'reader_password' connection limit 40;
alter role tracehouse_reader set default_transaction_read_only = on;
alter role tracehouse_reader set statement_timeout = '2min';
-- Owns the database that Metabase keeps itself in.
alter role metabase with login password :'metabase_password';

-- An administrator that is no superuser, as on a managed server, may only give databases to roles it is in.
grant tracehouse, metabase to current_user;

select format('create database %I owner %I encoding ''UTF8'' template template0', name, name)
from (values ('tracehouse'), ('metabase')) as wanted (name)
where not exists (select from pg_database where datname = name) \gexec

-- By default every role may connect to every database.
revoke connect, temporary on database tracehouse, metabase from public;
grant connect on database tracehouse to tracehouse_reader;
