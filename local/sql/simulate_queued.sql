-- A real run at the end of the lane: it starts when the one ahead ends.
WITH place AS (
    INSERT INTO lanes AS lane (organization_id, lane_seq) VALUES (%(organization)s, 1)
    ON CONFLICT (organization_id) DO UPDATE SET lane_seq = lane.lane_seq + 1
    RETURNING lane_seq
)
INSERT INTO exports (
    organization_id, requested_by, dataset, fingerprint, idempotency_key, lane_seq)
SELECT m.organization_id, m.user_id, d.name, d.fingerprint,
       'simulated-' || gen_random_uuid(), place.lane_seq
FROM members m, datasets d, place
WHERE m.organization_id = %(organization)s AND m.user_id = %(user)s
  AND d.name = 'invoices'
RETURNING id;
