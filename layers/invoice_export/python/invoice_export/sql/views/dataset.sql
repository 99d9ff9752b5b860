SET LOCAL ROLE invoice_export_system;
CREATE VIEW invoice_export.{view} WITH (security_barrier) AS
{secured};
COMMENT ON VIEW invoice_export.{view} IS {digest};
-- Planning walks over keys. From a view with the columns of an index, in its order,
-- PostgreSQL passes the index's entries on as they are. With others it would compute a
-- row for every key, and may have to look into the table.
CREATE VIEW invoice_export.{keys_view} WITH (security_barrier) AS
{secured_keys};
GRANT SELECT ON invoice_export.{view}, invoice_export.{keys_view} TO invoice_export_app;
RESET ROLE;
