-- A real run at the end of the lane: it starts when the one ahead ends.
WITH place AS (
    UPDATE organizations SET lane_seq = lane_seq + 1
    WHERE id = %(organization)s RETURNING lane_seq
)
INSERT INTO exports (organization_id, requested_by, request_key, lane_seq)
SELECT m.organization_id, m.user_id, 'simulated-' || gen_random_uuid(), place.lane_seq
FROM members m, place
WHERE m.organization_id = %(organization)s AND m.user_id = %(user)s
RETURNING id;
