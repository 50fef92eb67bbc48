-- The edit log: numbered without gaps per workbook, written by compare-and-append, never changed afterwards.

create table public.workbook_head (
  workbook_id uuid primary key references public.workbooks on delete cascade,
  seq bigint not null default 0,
  updated_at timestamptz not null default now()
);

-- `op` is the JSON of one batch of edits. `actor_id` outlives the account: it tells who edited, not who exists.
create table public.workbook_op (
  workbook_id uuid not null references public.workbook_head on delete cascade,
  seq bigint not null,
  op_id uuid not null,
  actor_id uuid,
  op jsonb not null,
  created_at timestamptz not null default now(),
  primary key (workbook_id, seq),
  unique (workbook_id, op_id)
);

create table public.workbook_snapshot (
  workbook_id uuid not null references public.workbook_head on delete cascade,
  seq bigint not null,
  state bytea not null,
  created_at timestamptz not null default now(),
  primary key (workbook_id, seq)
);

call gridos.close('public.workbook_head');
call gridos.close('public.workbook_op');
call gridos.close('public.workbook_snapshot');
call gridos.open_to_service('public.workbook_head');
call gridos.open_to_service('public.workbook_op');
call gridos.open_to_service('public.workbook_snapshot');
grant select, update on public.workbook_head to service_role;
grant select, insert on public.workbook_op to service_role;
grant select, insert, delete on public.workbook_snapshot to service_role;

-- Whoever may open a workbook may see how far it is and when it last changed.
grant select on public.workbook_head to authenticated;
create policy readable on public.workbook_head for select to authenticated
  using (workbook_id in (select id from public.workbooks));

-- Every workbook has a head from its first moment: a user may make the one, but not touch the other.
create function gridos.begin_log() returns trigger
language plpgsql security definer set search_path = '' as $$ begin
  insert into public.workbook_head (workbook_id) values (new.id);
  return null;
end $$;
create trigger begin_log after insert on public.workbooks for each row execute function gridos.begin_log();

-- Appends ops and returns the workbook's new seq. `expected` is the seq the caller has seen: when others came first
-- nothing is written and null is returned. A null `expected` lets the server order. An op that is there already makes
-- the whole call a retry, which writes nothing and returns the seq of the last one. An unknown workbook raises no_data_found.
create function gridos.append_ops(wb uuid, expected bigint, who uuid, ops jsonb[], ids uuid[]) returns bigint
language plpgsql set search_path = '' as $$
declare
  head bigint;
  done bigint;
begin
  select seq into head from public.workbook_head where workbook_id = wb for update;  -- the lock: no gaps
  if not found then
    raise no_data_found;
  end if;
  select max(seq) into done from public.workbook_op where workbook_id = wb and op_id = any (ids);
  if done is not null then
    return done;
  end if;
  if head <> expected then
    return null;
  end if;
  insert into public.workbook_op (workbook_id, seq, actor_id, op, op_id)
    select wb, head + i, who, ops[i], ids[i] from generate_subscripts(ops, 1) i;
  head := head + cardinality(ops);
  update public.workbook_head set seq = head, updated_at = now() where workbook_id = wb;
  perform pg_notify('wb', wb || ':' || head);
  return head;
end
$$;

revoke all on function gridos.begin_log(), gridos.append_ops(uuid, bigint, uuid, jsonb[], uuid[])
  from public, anon, authenticated, service_role;
grant execute on function gridos.append_ops(uuid, bigint, uuid, jsonb[], uuid[]) to service_role;
