-- PGMQ reaches a database in one of two ways: as an extension, or as plain SQL
-- loaded into the schema pgmq. An existing schema is used as it is.
DO $$
BEGIN
    IF to_regnamespace('pgmq') IS NOT NULL THEN
        RAISE NOTICE 'using the schema pgmq that is already installed';
    ELSIF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pgmq') THEN
        CREATE EXTENSION IF NOT EXISTS pgmq;
    ELSE
        RAISE EXCEPTION 'PGMQ is missing: use a PostgreSQL server that ships the extension pgmq, or load pgmq.sql into this database first';
    END IF;
END
$$;
