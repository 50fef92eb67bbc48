-- What connections answered, shared by all server processes: answers, and totals of whole days. They belong to one
-- version of a connection, and go with it.

-- A connection that has no secrets yet is a row too once something is kept for it, at version 0. Nobody needs to hear
-- of that: storing its first secret moves it on, and is told. One that belongs to nobody is that of all who ask an
-- upstream without a secret.
alter table public.plugin_connections alter user_id drop not null;
drop trigger tell_insert on public.plugin_connections;
create trigger tell_insert after insert on public.plugin_connections
  for each row when (new.version > 0) execute function gridos.tell_connection();

-- `call_key` is the SHA-256 of `call`. `kept` is opaque JSON. Who asks upstream holds a lease, and loses it by dying.
-- `as_of`, `good_until` and `is_limit` are what a claim has to know of `kept`.
create table public.connector_answers (
  connection_id uuid not null references public.plugin_connections on delete cascade,
  connection_version bigint not null,
  call_key bytea not null check (octet_length(call_key) = 32),
  call text not null,
  kept text,
  as_of timestamptz,
  good_until timestamptz,
  is_limit boolean not null default false,
  leased_by uuid,
  leased_until timestamptz,
  expires_at timestamptz not null,
  primary key (connection_id, connection_version, call_key)
);
create index connector_answers_expiry on public.connector_answers (expires_at);

-- Money in whole minor units. A day on which nothing happened is one row with no currency.
create table public.connector_days (
  connection_id uuid not null references public.plugin_connections on delete cascade,
  connection_version bigint not null,
  series text not null,
  zone text not null,
  day date not null,
  currency text not null,
  amount_minor numeric not null check (amount_minor = trunc(amount_minor)),
  items bigint not null,
  as_of timestamptz not null,
  primary key (connection_id, connection_version, series, zone, day, currency)
);

call gridos.close('public.connector_answers');
call gridos.close('public.connector_days');
call gridos.open_to_service('public.connector_answers');
call gridos.open_to_service('public.connector_days');
grant select, insert, update, delete on public.connector_answers, public.connector_days to service_role;

-- When a connection's version moves, what an earlier key brought is gone in the same transaction. Rows are locked in the
-- order in which claims lock them: two that wait for each other would end one of them, and this one must not be ended.
create function gridos.drop_earlier_answers() returns trigger
language plpgsql security definer set search_path = '' as $$ begin
  perform from public.connector_answers
    where connection_id = new.connection_id and connection_version < new.version
    order by connection_id, connection_version, call_key for update;
  delete from public.connector_answers
    where connection_id = new.connection_id and connection_version < new.version;
  delete from public.connector_days
    where connection_id = new.connection_id and connection_version < new.version;
  return null;
end $$;
create trigger drop_earlier_answers after update on public.plugin_connections
  for each row when (new.version <> old.version) execute function gridos.drop_earlier_answers();

revoke all on function gridos.drop_earlier_answers() from public, anon, authenticated, service_role;
