-- What server processes have to know of one another to keep to an upstream's limits together: who lives, and what one of
-- them was told for all.

create table public.server_processes (
  process uuid primary key,
  alive_until timestamptz not null
);

-- While there are several: which of them ask for which connection and divide its limits. Who does not live does not count.
create table public.connector_askers (
  process uuid,
  connection_id uuid,
  primary key (process, connection_id)
);
create index connector_askers_connection on public.connector_askers (connection_id);

-- `told` is opaque JSON: a pause, or a circuit that is open. It belongs to one version of a connection, and goes with it.
create table public.connector_limits (
  connection_id uuid not null references public.plugin_connections on delete cascade,
  name text not null,
  told text not null,
  until timestamptz not null,
  primary key (connection_id, name)
);
create index connector_limits_until on public.connector_limits (until);

call gridos.close('public.server_processes');
call gridos.close('public.connector_askers');
call gridos.close('public.connector_limits');
call gridos.open_to_service('public.server_processes');
call gridos.open_to_service('public.connector_askers');
call gridos.open_to_service('public.connector_limits');
grant select, insert, update, delete
  on public.server_processes, public.connector_askers, public.connector_limits to service_role;

-- As before, and another key is not held back by what the earlier one met.
create or replace function gridos.drop_earlier_answers() returns trigger
language plpgsql security definer set search_path = '' as $$ begin
  perform from public.connector_answers
    where connection_id = new.connection_id and connection_version < new.version
    order by connection_id, connection_version, call_key for update;
  delete from public.connector_answers
    where connection_id = new.connection_id and connection_version < new.version;
  delete from public.connector_days
    where connection_id = new.connection_id and connection_version < new.version;
  delete from public.connector_limits where connection_id = new.connection_id;
  return null;
end $$;
revoke all on function gridos.drop_earlier_answers() from public, anon, authenticated, service_role;
