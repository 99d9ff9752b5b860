SELECT
  id, organization_id, fiscal_year, account,
  round(debit_cents / 100.0, 2) AS debit, booked_on
FROM billing.journal_entries
