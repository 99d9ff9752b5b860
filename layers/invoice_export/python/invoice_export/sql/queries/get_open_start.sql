SELECT s.organization_id, s.run_id, s.generation, s.execution_name, s.input
FROM execution_starts s
JOIN exports e ON e.id = s.run_id AND e.generation = s.generation
WHERE s.run_id = %(run_id)s AND s.generation = %(generation)s
  AND s.acknowledged_at IS NULL AND e.status = 'running'
