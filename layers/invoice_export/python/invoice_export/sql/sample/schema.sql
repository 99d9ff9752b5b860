-- The owner of the exports' schema owns the sample too, and sees both without naming
-- them. Only a role that may act as the owner creates a schema for it.
GRANT invoice_export_owner TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
CREATE SCHEMA IF NOT EXISTS sample AUTHORIZATION invoice_export_owner;
REVOKE invoice_export_owner FROM CURRENT_USER;
ALTER ROLE invoice_export_owner SET search_path = sample, invoice_export;
