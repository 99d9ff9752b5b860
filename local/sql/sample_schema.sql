-- The owner of the exports' schema owns the sample too: its URL shows both.
CREATE SCHEMA IF NOT EXISTS sample AUTHORIZATION invoice_export_owner;
ALTER ROLE invoice_export_owner SET search_path = sample, invoice_export;
