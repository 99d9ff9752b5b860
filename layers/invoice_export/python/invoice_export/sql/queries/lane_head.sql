-- The next run of a free lane.
SELECT {run}
FROM exports e
WHERE e.organization_id = %(organization_id)s AND e.status = 'queued'
  AND NOT EXISTS (
    SELECT FROM exports r
    WHERE r.organization_id = %(organization_id)s AND r.status = 'running'
  )
ORDER BY e.lane_seq
LIMIT 1
