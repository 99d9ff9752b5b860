-- One deployment at a time. Unqualified names in the queries are those of public. The
-- system's role may create in the schema until the transaction ends.
SELECT pg_advisory_xact_lock(7246303);
SET LOCAL search_path = public, pg_temp;
GRANT CREATE ON SCHEMA invoice_export TO invoice_export_system;
