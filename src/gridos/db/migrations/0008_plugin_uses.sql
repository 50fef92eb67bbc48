-- How many cells of each workbook use each plugin. Derived from the cells, and kept because most workbooks are closed
-- when their owner wants to know what a disconnection would stop.

create table public.workbook_plugins (
  workbook_id uuid not null references public.workbooks on delete cascade,
  plugin_slug text not null,
  cells integer not null check (cells > 0),
  primary key (workbook_id, plugin_slug)
);

call gridos.close('public.workbook_plugins');
call gridos.open_to_service('public.workbook_plugins');
grant select, insert, update, delete on public.workbook_plugins to service_role;
grant select on public.workbook_plugins to authenticated;
create policy readable_by_owner on public.workbook_plugins for select to authenticated
  using (workbook_id in (select gridos.owned_workbooks()));
