-- The columns of the candidate and their types; a domain stands for its base type.
SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), -1),
  t.typtype = 'd' AS is_domain
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = 'invoice_export._candidate'::regclass AND a.attnum > 0
ORDER BY a.attnum
