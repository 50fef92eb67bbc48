-- Sealed secrets, the keys that seal them, and one connection per user and plugin whose version moves with them.

create table public.user_plugin_secrets (
  user_id uuid not null references public.users on delete cascade,
  plugin_slug text not null,
  secret_key text not null,
  -- Sealed values begin with "GV", version 1. Anything else is plaintext somebody tried to store.
  secret_value bytea not null
    check (octet_length(secret_value) > 48 and substr(secret_value, 1, 3) = '\x475601'),
  updated_at timestamptz not null default now(),
  primary key (user_id, plugin_slug, secret_key)
);

-- A user's data keys, wrapped by a root key that never comes here. Only the service door sees them.
create table public.user_data_keys (
  key_id uuid primary key,
  user_id uuid not null references public.users on delete cascade,
  root_key_id bytea not null check (octet_length(root_key_id) = 8),
  wrapped bytea not null check (substr(wrapped, 1, 2) = '\x474b'),
  active boolean not null default true,
  created_at timestamptz not null default now()
);
create unique index user_data_keys_active on public.user_data_keys (user_id) where active;
create index user_data_keys_user on public.user_data_keys (user_id);
create index user_data_keys_root on public.user_data_keys (root_key_id);

-- `state` is what the last check found: null (not checked since the secrets changed), connected or needs_attention.
create table public.plugin_connections (
  connection_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users on delete cascade,
  plugin_slug text not null,
  version bigint not null default 1,
  state text check (state in ('connected', 'needs_attention')),
  message text,
  checked_at timestamptz,
  updated_at timestamptz not null default now(),
  unique (user_id, plugin_slug)
);

call gridos.close('public.user_plugin_secrets');
call gridos.close('public.user_data_keys');
call gridos.close('public.plugin_connections');
call gridos.open_to_service('public.user_data_keys');
call gridos.open_to_service('public.plugin_connections');
grant select, insert, update, delete on public.user_plugin_secrets to service_role;
grant select, insert, update on public.user_data_keys, public.plugin_connections to service_role;

alter table public.user_plugin_secrets force row level security;
grant select, insert, update, delete on public.user_plugin_secrets to authenticated;
create policy select_own on public.user_plugin_secrets for select to authenticated
  using ((select auth.uid()) = user_id);
create policy insert_own on public.user_plugin_secrets for insert to authenticated
  with check ((select auth.uid()) = user_id);
create policy update_own on public.user_plugin_secrets for update to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy delete_own on public.user_plugin_secrets for delete to authenticated
  using ((select auth.uid()) = user_id);
do $$ begin
  if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
    call gridos.open_to_service('public.user_plugin_secrets');
  end if;
end $$;

-- Every statement that changes stored secrets moves the connection's version, in the same transaction: an answer
-- fetched with other secrets can then never match. A user who is being deleted keeps no connection.
create function gridos.move_connections() returns trigger
language plpgsql security definer set search_path = '' as $$ begin
  insert into public.plugin_connections as c (user_id, plugin_slug)
    select distinct changed.user_id, changed.plugin_slug
      from changed join public.users on users.id = changed.user_id order by 1, 2
    on conflict (user_id, plugin_slug) do update
      set version = c.version + 1, state = null, message = null, checked_at = null, updated_at = now();
  return null;
end $$;
create trigger move_connections_on_insert after insert on public.user_plugin_secrets
  referencing new table as changed for each statement execute function gridos.move_connections();
create trigger move_connections_on_update after update on public.user_plugin_secrets
  referencing new table as changed for each statement execute function gridos.move_connections();
create trigger move_connections_on_delete after delete on public.user_plugin_secrets
  referencing old table as changed for each statement execute function gridos.move_connections();

-- An answer is kept under (connection, version): a version that came back would bring old answers back with it.
create function gridos.keep_version_rising() returns trigger language plpgsql set search_path = '' as $$ begin
  if new.version < old.version or new.connection_id <> old.connection_id then
    raise check_violation using message = 'a connection''s version only rises';
  end if;
  return new;
end $$;
create trigger keep_version_rising before update on public.plugin_connections
  for each row execute function gridos.keep_version_rising();

create function gridos.tell_connection() returns trigger language plpgsql set search_path = '' as $$ begin
  perform pg_notify('connection', new.user_id || ':' || new.plugin_slug);
  return null;
end $$;
create trigger tell_insert after insert on public.plugin_connections
  for each row execute function gridos.tell_connection();
create trigger tell_update after update on public.plugin_connections
  for each row when (new.version <> old.version) execute function gridos.tell_connection();

revoke all on all routines in schema gridos from public, anon, authenticated, service_role;
