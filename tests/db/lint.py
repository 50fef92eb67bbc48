"""What is wrong with a catalog, as queries that must find nothing."""

PUBLIC = "select relname from pg_class where relnamespace = 'public'::regnamespace and"
TABLES = f"{PUBLIC} relkind in ('r', 'p')"
LINT = {
    "a table without row-level security": f"{TABLES} and not relrowsecurity",
    "a table nobody may enter": f"""{TABLES} and not exists (
        select from pg_policy where polrelid = pg_class.oid and 'service_role'::regrole = any(polroles))
        and not (select rolbypassrls from pg_roles where rolname = 'service_role')""",
    "a grant to everybody, or one too many": f"""{PUBLIC} exists (
        select from aclexplode(relacl) where grantee in (0, 'anon'::regrole) or grantee = 'authenticated'::regrole
        and privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))""",
    "a grant on a column to everybody": """select attname from pg_attribute where exists (
        select from aclexplode(attacl) where grantee in (0, 'anon'::regrole)) and attrelid > 16384""",
    "a view that looks with its owner's eyes": f"""{PUBLIC} relkind in ('v', 'm')
        and not coalesce('security_invoker=true' = any(reloptions), false)""",
    "a policy for everybody, or one that asks who it is for every row": r"""
        select policyname from pg_policies where schemaname = 'public' and ('public' = any(roles)
        or concat(qual, ' ', with_check) ~* '(?<!select )auth\.uid')""",
    "a policy that lets users pass whoever they are": """select policyname from pg_policies
        where schemaname = 'public' and 'authenticated' = any(roles) and concat(qual, with_check) = 'true'""",
    "a function with its owner's rights and the caller's search path": """select proname from pg_proc
        where pronamespace::regnamespace::text in ('public', 'gridos') and prosecdef
        and coalesce(proconfig::text, '') !~ 'search_path='""",
    "a function everybody may call": """select proname from pg_proc where pronamespace = 'gridos'::regnamespace
        and (proacl is null or exists (select from aclexplode(proacl) where grantee in (0, 'anon'::regrole)))""",
}
