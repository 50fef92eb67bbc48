-- The people a user meets in workbooks: owners of what is shared with them, and collaborators on what they own.
-- The policy on users shows only one's own row; this shows these addresses and no other column.

create function gridos.fellows() returns table (id uuid, email text)
language sql stable security definer set search_path = '' as $$
  select users.id, users.email from public.users where users.id = auth.uid()
  union
  select users.id, users.email
    from public.workbook_collaborators shared
    join public.workbooks on workbooks.id = shared.workbook_id
    join public.users on users.id = workbooks.owner_id
   where shared.user_id = auth.uid()
  union
  select users.id, users.email
    from public.workbooks
    join public.workbook_collaborators shared on shared.workbook_id = workbooks.id
    join public.users on users.id = shared.user_id
   where workbooks.owner_id = auth.uid()
$$;

revoke all on function gridos.fellows() from public, anon, authenticated, service_role;
grant execute on function gridos.fellows() to authenticated;
