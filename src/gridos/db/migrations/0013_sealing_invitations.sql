-- Invitations to seal a batch of secrets in the browser: each is good for one batch and for a few minutes.

create table public.sealing_invitations (
  invitation_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users on delete cascade,
  expires_at timestamptz not null
);
create index sealing_invitations_of_user on public.sealing_invitations (user_id);

call gridos.close('public.sealing_invitations');
call gridos.open_to_service('public.sealing_invitations');
grant select, insert, delete on public.sealing_invitations to service_role;
