-- What a connection had before it was replaced: kept sealed until the new values have worked, or for a week.

create table public.user_plugin_secrets_previous (
  user_id uuid not null references public.users on delete cascade,
  plugin_slug text not null,
  secret_key text not null,
  -- Sealed for the same place as in user_plugin_secrets, and moved there as it is. Null: the key had no value.
  secret_value bytea
    check (octet_length(secret_value) > 48 and substr(secret_value, 1, 3) = '\x475601'),
  kept_at timestamptz not null default now(),
  primary key (user_id, plugin_slug, secret_key)
);
create index user_plugin_secrets_previous_kept on public.user_plugin_secrets_previous (kept_at);

call gridos.close('public.user_plugin_secrets_previous');
grant select, delete on public.user_plugin_secrets_previous to service_role;
alter table public.user_plugin_secrets_previous force row level security;
grant select, insert, update, delete on public.user_plugin_secrets_previous to authenticated;
create policy select_own on public.user_plugin_secrets_previous for select to authenticated
  using ((select auth.uid()) = user_id);
create policy insert_own on public.user_plugin_secrets_previous for insert to authenticated
  with check ((select auth.uid()) = user_id);
create policy update_own on public.user_plugin_secrets_previous for update to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy delete_own on public.user_plugin_secrets_previous for delete to authenticated
  using ((select auth.uid()) = user_id);
do $$ begin
  if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
    call gridos.open_to_service('public.user_plugin_secrets_previous');
  end if;
end $$;

alter table public.secret_activity drop constraint secret_activity_action_check;
alter table public.secret_activity add constraint secret_activity_action_check
  check (action in ('set', 'replace', 'restore', 'clear', 'verify', 'use', 'block', 'rotate'));

-- As before, but a value that comes back is told apart from a new one. No two sealed values are equal, so it need not
-- be believed to whoever writes it.
create or replace function gridos.note_secrets() returns trigger
language plpgsql security definer set search_path = '' as $$ begin
  insert into public.secret_activity (user_id, actor_id, plugin_slug, secret_key, action)
    select changed.user_id, auth.uid(), changed.plugin_slug, changed.secret_key,
           case when tg_op <> 'DELETE' and previous.secret_value = changed.secret_value then 'restore'
                else tg_argv[0] end
      from changed
      join public.users on users.id = changed.user_id
      left join public.user_plugin_secrets_previous previous
        on (previous.user_id, previous.plugin_slug, previous.secret_key)
         = (changed.user_id, changed.plugin_slug, changed.secret_key)
     order by 3, 4;
  return null;
end $$;

revoke all on function gridos.note_secrets() from public, anon, authenticated, service_role;
