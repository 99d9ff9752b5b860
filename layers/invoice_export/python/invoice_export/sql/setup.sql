-- What an administrator of the database runs before the first deployment, and again
-- when the datasets read further tables. The administrator needs CREATEROLE, CREATE on
-- the database, and the right to grant SELECT on the tables below; no superuser.

-- The owner has the schema and its tables, and migrates them. The functions connect as
-- the app. The system's role may read the application's tables; nobody connects as it.
DO $$
DECLARE
  needed text;
BEGIN
  FOREACH needed IN ARRAY ARRAY[
    'invoice_export_owner', 'invoice_export_app', 'invoice_export_system'
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = needed) THEN
      EXECUTE format('CREATE ROLE %I', needed);
    END IF;
  END LOOP;
END
$$;
ALTER ROLE invoice_export_owner LOGIN{owner_password};
ALTER ROLE invoice_export_app LOGIN{app_password};
ALTER ROLE invoice_export_app SET search_path = invoice_export;
-- Each deployment makes views and functions that belong to the system's role.
GRANT invoice_export_system TO invoice_export_owner WITH INHERIT FALSE, SET TRUE;

-- Only a role that may act as another one creates a schema for it.
GRANT invoice_export_owner TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
CREATE SCHEMA IF NOT EXISTS invoice_export AUTHORIZATION invoice_export_owner;
REVOKE invoice_export_owner FROM CURRENT_USER;
{rds_iam}
-- What the datasets and the directory read.
{grants}
