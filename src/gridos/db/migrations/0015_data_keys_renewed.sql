-- A user's values can be sealed again under a new data key. Nothing was replaced then: connections keep their versions
-- and nothing is written down as a change. Only the service may say so, for the transaction it is in.

drop trigger move_connections_on_update on public.user_plugin_secrets;
create trigger move_connections_on_update after update on public.user_plugin_secrets
  referencing new table as changed for each statement
  when (current_user <> 'service_role' or current_setting('gridos.resealing', true) is distinct from 'on')
  execute function gridos.move_connections();
drop trigger note_secrets_on_update on public.user_plugin_secrets;
create trigger note_secrets_on_update after update on public.user_plugin_secrets
  referencing new table as changed for each statement
  when (current_user <> 'service_role' or current_setting('gridos.resealing', true) is distinct from 'on')
  execute function gridos.note_secrets('replace');

-- Whoever stores values holds the data key they were sealed with until they are stored, so that it is not taken out of
-- use meanwhile and then dropped. False when that has happened already.
create function gridos.hold_data_key(sealed_with uuid) returns boolean
language plpgsql security definer set search_path = '' as $$ begin
  perform from public.user_data_keys
    where key_id = sealed_with and user_id = auth.uid() and active for share;
  return found;
end $$;
revoke all on function gridos.hold_data_key(uuid) from public, anon, authenticated, service_role;
grant execute on function gridos.hold_data_key(uuid) to authenticated;

-- A data key that is out of use and named by no value opens nothing any more.
grant delete on public.user_data_keys to service_role;
