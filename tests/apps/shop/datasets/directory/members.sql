SELECT
  account_id AS organization_id, person_id AS user_id,
  CASE position
    WHEN 'founder' THEN 'owner' WHEN 'manager' THEN 'admin' WHEN 'clerk' THEN 'member'
    WHEN 'auditor' THEN 'viewer'
  END AS role
FROM shop.staff
