SET LOCAL ROLE invoice_export_system;
CREATE VIEW invoice_export.{view} WITH (security_barrier) AS
{secured};
COMMENT ON VIEW invoice_export.{view} IS {digest};
GRANT SELECT ON invoice_export.{view} TO invoice_export_app;
RESET ROLE;
