-- The roles of LoopGrid. Safe to run again; run it as a superuser, or as the database's owner with
-- CREATEROLE, once per database and before the first migration. Migrations only GRANT.
--
-- loopgrid_owner owns the tables and cannot log in: a login that migrates is made a member of it.
-- The four logins are made without a password. Give each its own, for example
--   ALTER ROLE loopgrid_app PASSWORD '…';

DO $roles$
DECLARE
    login text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'loopgrid_owner') THEN
        CREATE ROLE loopgrid_owner NOLOGIN;
    END IF;
    FOREACH login IN ARRAY
        ARRAY['loopgrid_app', 'loopgrid_notary', 'loopgrid_eraser', 'loopgrid_auditor']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', login);
        END IF;
    END LOOP;
    IF NOT has_schema_privilege('loopgrid_owner', 'public', 'CREATE') THEN
        GRANT USAGE, CREATE ON SCHEMA public TO loopgrid_owner;
    END IF;
    -- Needed for the trusted extensions that migrations create.
    IF NOT has_database_privilege('loopgrid_owner', current_database(), 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO loopgrid_owner', current_database());
    END IF;
END
$roles$;
