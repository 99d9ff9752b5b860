-- An aggregate gives one row, so PostgreSQL leaves the join out where nothing is read
-- from it: planning, and files without these columns, compute no sums.
SELECT
  o.id, o.account_id, o.placed_on, o.state, o.archived, o.attributes, o.note,
  c.name AS customer_name, t.lines, t.total
FROM shop.orders o
LEFT JOIN shop.customers c ON c.id = o.customer_id
LEFT JOIN LATERAL (
  SELECT count(*) AS lines, coalesce(sum(l.amount), 0) AS total
  FROM shop.order_lines l
  WHERE l.order_id = o.id
) t ON true
