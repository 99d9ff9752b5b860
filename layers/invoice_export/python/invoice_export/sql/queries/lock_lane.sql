-- Whoever changes the state of an organisation's runs holds this row. NO KEY, so
-- that new invoices, which reference the organisation, need not wait.
SELECT id FROM organizations WHERE id = %(organization_id)s FOR NO KEY UPDATE
