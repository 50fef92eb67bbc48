-- Who there is, and how they sign in. Deleting a user deletes everything that hangs on it, sealed secrets' keys included.

create table public.users (
  id uuid primary key default gen_random_uuid(),
  email text not null check (email <> ''),
  password_hash text,
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);
create unique index users_email on public.users (lower(email));

-- A person of a foreign issuer. Our own issuer's subject is the user's id and needs no row.
create table public.user_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null references public.users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (issuer, subject)
);
create index user_identities_user on public.user_identities (user_id);

-- `id` may be shown and named in an address; the cookie's own text is kept as its SHA-256 only.
create table public.auth_session (
  id_hash bytea primary key check (octet_length(id_hash) = 32),
  id uuid not null unique default gen_random_uuid(),
  user_id uuid not null references public.users on delete cascade,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  user_agent text
);
create index auth_session_user on public.auth_session (user_id);
create index auth_session_expiry on public.auth_session (expires_at);

create table public.api_keys (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users on delete cascade,
  name text not null,
  key_hash bytea not null unique check (octet_length(key_hash) = 32),
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index api_keys_user on public.api_keys (user_id);

call gridos.close('public.users');
call gridos.close('public.user_identities');
call gridos.close('public.auth_session');
call gridos.close('public.api_keys');
call gridos.open_to_service('public.users');
call gridos.open_to_service('public.user_identities');
call gridos.open_to_service('public.auth_session');
call gridos.open_to_service('public.api_keys');
grant select, insert, update, delete on public.users, public.user_identities, public.auth_session, public.api_keys
  to service_role;

grant select (id, email) on public.users to authenticated;
create policy own on public.users for select to authenticated using ((select auth.uid()) = id);
