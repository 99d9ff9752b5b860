-- Local to this transaction: a session setting would leak to a pool's next user.
SELECT act_for(%(org_id)s)
