-- Open sockets hear at once that a session ended, an account was disabled, or a workbook has another name.

create function gridos.tell_session() returns trigger language plpgsql set search_path = '' as $$ begin
  perform pg_notify('sessions', old.user_id::text);
  return null;
end $$;
create trigger tell after delete on public.auth_session for each row execute function gridos.tell_session();

create function gridos.tell_user() returns trigger language plpgsql set search_path = '' as $$ begin
  perform pg_notify('sessions', old.id::text);
  return null;
end $$;
create trigger tell_disabled after update of disabled_at on public.users
  for each row when (new.disabled_at is distinct from old.disabled_at) execute function gridos.tell_user();
create trigger tell_deleted after delete on public.users for each row execute function gridos.tell_user();

create function gridos.tell_change() returns trigger language plpgsql set search_path = '' as $$ begin
  perform pg_notify('access', old.id::text);
  return null;
end $$;
create trigger tell_change after update of title, refresh_minutes on public.workbooks for each row
  when ((new.title, new.refresh_minutes) is distinct from (old.title, old.refresh_minutes))
  execute function gridos.tell_change();

revoke all on function gridos.tell_session(), gridos.tell_user(), gridos.tell_change()
  from public, anon, authenticated, service_role;
