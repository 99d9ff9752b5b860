DROP FUNCTION IF EXISTS
  invoice_export.find_member(text), invoice_export.system_memberships(text);
DROP VIEW IF EXISTS
  invoice_export.organizations, invoice_export.members, invoice_export.users;
