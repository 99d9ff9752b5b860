SELECT count(*) FROM email_soft_bounces
WHERE address = lower(btrim(%(address)s))
  AND bounced_at > clock_timestamp() - interval '30 days'
