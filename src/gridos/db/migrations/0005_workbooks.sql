-- Workbooks, and who may open them.

create table public.workbooks (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.users on delete cascade,
  title text not null check (title <> ''),
  refresh_minutes integer default 15 check (refresh_minutes >= 1),  -- null: off
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index workbooks_owner on public.workbooks (owner_id);

create table public.workbook_collaborators (
  workbook_id uuid not null references public.workbooks on delete cascade,
  user_id uuid not null references public.users on delete cascade,
  role text not null check (role in ('editor', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (workbook_id, user_id)
);
create index workbook_collaborators_user on public.workbook_collaborators (user_id);

create table public.pending_invites (
  id uuid primary key default gen_random_uuid(),
  workbook_id uuid not null references public.workbooks on delete cascade,
  email text not null check (email <> '' and email = lower(email)),
  role text not null check (role in ('editor', 'viewer')),
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  invited_by uuid not null references public.users on delete cascade,
  created_at timestamptz not null default now(),
  unique (workbook_id, email)
);
create index pending_invites_email on public.pending_invites (email);
create index pending_invites_inviter on public.pending_invites (invited_by);

call gridos.close('public.workbooks');
call gridos.close('public.workbook_collaborators');
call gridos.close('public.pending_invites');
call gridos.open_to_service('public.workbooks');
call gridos.open_to_service('public.workbook_collaborators');
call gridos.open_to_service('public.pending_invites');

-- Policies that query each other's tables recurse; functions that run as the tables' owner do not.
create function gridos.owned_workbooks() returns setof uuid
language sql stable security definer set search_path = '' as
  $$ select id from public.workbooks where owner_id = auth.uid() $$;
create function gridos.shared_workbooks() returns setof uuid
language sql stable security definer set search_path = '' as
  $$ select workbook_id from public.workbook_collaborators where user_id = auth.uid() $$;

grant select, insert, update, delete on public.workbooks, public.workbook_collaborators, public.pending_invites
  to authenticated, service_role;
create policy readable on public.workbooks for select to authenticated
  using (owner_id = (select auth.uid()) or id in (select gridos.shared_workbooks()));
create policy insert_own on public.workbooks for insert to authenticated
  with check (owner_id = (select auth.uid()));
create policy update_own on public.workbooks for update to authenticated
  using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy delete_own on public.workbooks for delete to authenticated
  using (owner_id = (select auth.uid()));

create policy readable on public.workbook_collaborators for select to authenticated
  using (user_id = (select auth.uid()) or workbook_id in (select gridos.owned_workbooks()));
create policy insert_by_owner on public.workbook_collaborators for insert to authenticated
  with check (workbook_id in (select gridos.owned_workbooks()) and user_id <> (select auth.uid()));
create policy update_by_owner on public.workbook_collaborators for update to authenticated
  using (workbook_id in (select gridos.owned_workbooks()))
  with check (workbook_id in (select gridos.owned_workbooks()) and user_id <> (select auth.uid()));
create policy delete_by_owner on public.workbook_collaborators for delete to authenticated
  using (workbook_id in (select gridos.owned_workbooks()));

create policy by_owner on public.pending_invites to authenticated
  using (workbook_id in (select gridos.owned_workbooks()))
  with check (workbook_id in (select gridos.owned_workbooks()) and invited_by = (select auth.uid()));

-- Open workbooks hear at once who came, who went, and that they were deleted.
create function gridos.tell_access() returns trigger language plpgsql set search_path = '' as $$ begin
  perform pg_notify('access', coalesce(new.workbook_id, old.workbook_id)::text);
  return null;
end $$;
create trigger tell after insert or update or delete on public.workbook_collaborators
  for each row execute function gridos.tell_access();

create function gridos.tell_deletion() returns trigger language plpgsql set search_path = '' as $$ begin
  perform pg_notify('access', old.id::text);
  return null;
end $$;
create trigger tell after delete on public.workbooks for each row execute function gridos.tell_deletion();

revoke all on all routines in schema gridos from public, anon, authenticated, service_role;
grant execute on function gridos.owned_workbooks(), gridos.shared_workbooks() to authenticated;
