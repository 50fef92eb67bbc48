-- What an API key may do and until when. Open sockets hear at once that one was revoked, as of an ended session.

alter table public.api_keys
  add column scopes text[] not null default '{read,write}'
    check (cardinality(scopes) > 0 and scopes <@ '{read,write,secrets}'),
  add column expires_at timestamptz;

create trigger tell after delete on public.api_keys for each row execute function gridos.tell_session();
