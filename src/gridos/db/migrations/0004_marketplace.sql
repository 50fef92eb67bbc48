-- What each user chose to have. No row at all means: never toggled, so every loaded plugin is installed.
-- The first toggle writes a row for every loaded plugin; one that was switched off keeps its row, installed = false.

create table public.user_plugins (
  user_id uuid not null references public.users on delete cascade,
  plugin_slug text not null,
  installed boolean not null,
  updated_at timestamptz not null default now(),
  primary key (user_id, plugin_slug)
);

call gridos.close('public.user_plugins');
call gridos.open_to_service('public.user_plugins');
grant select, insert, update, delete on public.user_plugins to authenticated, service_role;
create policy own on public.user_plugins to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);

create function gridos.tell_plugins() returns trigger language plpgsql set search_path = '' as $$ begin
  perform pg_notify('plugins', coalesce(new.user_id, old.user_id)::text);
  return null;
end $$;
create trigger tell after insert or update or delete on public.user_plugins
  for each row execute function gridos.tell_plugins();

revoke all on function gridos.tell_plugins() from public, anon, authenticated, service_role;
