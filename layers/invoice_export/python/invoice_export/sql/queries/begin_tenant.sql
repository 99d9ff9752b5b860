-- Local to this transaction: a session setting would leak to a pool's next user.
SELECT set_config('app.org_id', %(org_id)s, true)
