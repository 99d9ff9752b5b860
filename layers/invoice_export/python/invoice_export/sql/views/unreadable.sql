-- Tables of the candidate that the current role, the system's, may not read.
SELECT DISTINCT format('%I.%I', n.nspname, c.relname)
FROM pg_rewrite r
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.ev_class = 'invoice_export._candidate'::regclass
  AND c.oid <> r.ev_class
  AND NOT CASE
    WHEN d.refobjsubid = 0 THEN has_any_column_privilege(c.oid, 'SELECT')
    ELSE has_column_privilege(c.oid, d.refobjsubid::smallint, 'SELECT')
  END
ORDER BY 1
