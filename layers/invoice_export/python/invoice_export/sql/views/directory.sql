SET LOCAL ROLE invoice_export_system;

-- Columns are compared in their own type, so that indexes serve; and as texts, so that
-- '007' and '7' are not both the name of organisation 7. A member without a known role
-- is no member.
CREATE VIEW invoice_export.organizations WITH (security_barrier) AS
SELECT o.id::text AS id, {organization_name} AS name
FROM (
{organizations}
) o
WHERE o.id = {current_as_id} AND o.id::text = {current};

CREATE VIEW invoice_export.members WITH (security_barrier) AS
SELECT
  m.organization_id::text AS organization_id, m.user_id::text AS user_id,
  m.role::text AS role
FROM (
{members}
) m
WHERE m.organization_id = {current_as_members} AND m.organization_id::text = {current}
  AND m.role::text IN ({roles});

-- The current organisation's. A user without a name goes by the address.
CREATE VIEW invoice_export.users WITH (security_barrier) AS
SELECT
  u.id::text AS id, {user_name} AS name,
  u.email::text AS email
FROM (
{users}
) u
WHERE EXISTS (
  SELECT FROM (
{members}
  ) m
  WHERE m.organization_id = {current_as_members} AND m.organization_id::text = {current}
    AND m.role::text IN ({roles})
    AND u.id = {members_user}
);

-- One member of the current organisation, found by an index. A view would compare the
-- texts of all members' ids.
CREATE FUNCTION invoice_export.find_member(of_user text)
  RETURNS TABLE (role text, name text, email text, organization_name text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT
    m.role::text, {user_name}, u.email::text,
    {organization_name}
  FROM (
{members}
  ) m
  JOIN (
{users}
  ) u ON u.id = {of_user_as_id} AND u.id::text = of_user
  JOIN (
{organizations}
  ) o ON o.id = {current_as_id} AND o.id::text = {current}
  WHERE m.organization_id = {current_as_members} AND m.organization_id::text = {current}
    AND m.user_id = {of_user_as_members} AND m.user_id::text = of_user
    AND m.role::text IN ({roles})
  ORDER BY array_position(ARRAY[{roles}], m.role::text)
  LIMIT 1;
END;

-- All organisations of a user; without any, a row that has only the name.
CREATE FUNCTION invoice_export.system_memberships(of_user text)
  RETURNS TABLE (user_name text, organization_id text, organization_name text, role text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT DISTINCT ON (o.id::text)
    {user_name}, o.id::text,
    {organization_name}, m.role::text
  FROM (
{users}
  ) u
  LEFT JOIN (
    (
{members}
    ) m
    JOIN (
{organizations}
    ) o ON o.id = {members_organization}
  ) ON m.user_id = {of_user_as_members} AND m.user_id::text = of_user
    AND m.role::text IN ({roles})
  WHERE u.id = {of_user_as_id} AND u.id::text = of_user
  ORDER BY o.id::text, array_position(ARRAY[{roles}], m.role::text);
END;

COMMENT ON VIEW invoice_export.organizations IS {digest};
REVOKE ALL ON FUNCTION
  invoice_export.find_member(text), invoice_export.system_memberships(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  invoice_export.find_member(text), invoice_export.system_memberships(text)
  TO invoice_export_app;
GRANT SELECT ON invoice_export.organizations, invoice_export.members, invoice_export.users
  TO invoice_export_app;
RESET ROLE;
