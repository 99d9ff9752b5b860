SELECT numbers.page
FROM exports e, generate_series(1, e.pages_total) AS numbers (page)
WHERE e.id = %(run_id)s
  AND NOT EXISTS (
    SELECT FROM export_pages p WHERE p.run_id = e.id AND p.page = numbers.page
  )
ORDER BY numbers.page
