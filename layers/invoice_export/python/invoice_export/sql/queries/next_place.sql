UPDATE organizations SET lane_seq = lane_seq + 1
WHERE id = %(organization_id)s
RETURNING lane_seq
