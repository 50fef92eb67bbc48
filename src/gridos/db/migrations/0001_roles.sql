-- The three roles, auth.uid() and the schema for our functions. Supabase has the first two already: they stay as they are.

do $$
declare
  name text;
begin
  -- Roles belong to the whole cluster, so a migration of another database may make them at the same moment.
  foreach name in array '{anon,authenticated,service_role}'::text[] loop
    if to_regrole(name) is null then
      begin
        execute format('create role %I nologin noinherit', name);
        if name = 'service_role' then
          alter role service_role bypassrls;
        end if;
      exception
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then
          -- Only a superuser may hand out BYPASSRLS: here the `service` policies open the tables instead.
          execute format('create role %I nologin noinherit', name);
      end;
    end if;
    -- Whoever migrates may also be the doors' one login.
    if not (select rolsuper from pg_roles where rolname = current_user) then
      begin
        execute format('grant %I to %I', name, current_user);
      exception when insufficient_privilege or internal_error then null;
      end;
    end if;
  end loop;

  if to_regnamespace('auth') is null then
    create schema auth;
    grant usage on schema auth to anon, authenticated, service_role;
  end if;
  if to_regprocedure('auth.uid()') is null then
    create function auth.uid() returns uuid language sql stable set search_path = '' as
      $f$ select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid $f$;
  end if;
end
$$;

grant usage on schema gridos, public to authenticated, service_role;
revoke all on gridos.migrations from public, anon, authenticated, service_role;
alter table gridos.migrations enable row level security;

-- Every table starts closed, whatever the default privileges say. Its file then grants the least.
create procedure gridos.close(relation regclass) language plpgsql set search_path = '' as $$
begin
  execute format('alter table %s enable row level security', relation);
  execute format('revoke all on %s from public, anon, authenticated, service_role', relation);
end
$$;

-- The service door sees every row, also where the host lets no role bypass row-level security.
create procedure gridos.open_to_service(relation regclass) language plpgsql set search_path = '' as $$
begin
  execute format('create policy service on %s to service_role using (true) with check (true)', relation);
end
$$;

revoke all on all routines in schema gridos from public, anon, authenticated, service_role;
