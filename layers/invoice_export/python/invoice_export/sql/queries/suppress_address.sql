-- News of a bounce outweighs an earlier reason, and ends what had lifted it.
INSERT INTO email_suppressions (address, reason)
VALUES (lower(btrim(%(address)s)), %(reason)s)
ON CONFLICT ON CONSTRAINT email_suppressions_pkey
DO UPDATE SET reason = excluded.reason, bypass_until = NULL
