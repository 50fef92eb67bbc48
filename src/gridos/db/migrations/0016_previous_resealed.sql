-- Replaced values that are kept follow their user's new data key, so that the old one goes at once.
grant update (secret_value) on public.user_plugin_secrets_previous to service_role;
