SELECT
  p.id, p.organization_id, b.number AS bill_number,
  round(p.amount_cents / 100.0, 2) AS amount,
  p.method, p.reference, p.received_at, p.refunded
FROM billing.payments p
LEFT JOIN billing.bills b ON b.id = p.bill_id
