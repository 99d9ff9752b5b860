INSERT INTO email_soft_bounces (address, feedback_id)
VALUES (lower(btrim(%(address)s)), %(feedback_id)s)
ON CONFLICT ON CONSTRAINT email_soft_bounces_pkey DO NOTHING
