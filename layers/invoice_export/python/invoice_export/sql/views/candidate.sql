-- A view checks the query and, unlike running it, says what it reads.
SET LOCAL ROLE invoice_export_system;
CREATE VIEW invoice_export._candidate AS SELECT q.* FROM (
{query}
) q;
