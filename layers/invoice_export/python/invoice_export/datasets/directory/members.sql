-- role is one of owner, admin, member and viewer.
SELECT organization_id, user_id, role FROM sample.members
