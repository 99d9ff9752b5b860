-- The application asks nobody for a name.
SELECT id, NULL::text AS name, email FROM billing.users
