-- The requester, if still a member; an address that may not be written to says why.
-- Somebody who unsubscribed from newsletters still gets the file that they asked for.
SELECT u.name, u.email, o.name AS organization_name, s.reason AS suppressed_for
FROM members m
JOIN users u ON u.id = m.user_id
JOIN organizations o ON o.id = m.organization_id
LEFT JOIN email_suppressions s
  ON s.address = lower(btrim(u.email))
  AND s.reason <> 'manual_unsubscribe'
  AND (s.bypass_until IS NULL OR s.bypass_until <= clock_timestamp())
WHERE m.organization_id = %(organization_id)s AND m.user_id = %(user_id)s
