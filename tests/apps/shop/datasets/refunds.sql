SELECT
  refund, account_id, "order", reason, amount, asked, approved, settled, recorded
FROM shop.refunds
