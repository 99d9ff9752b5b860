-- Rows of a file on their way into `invoices`; gone with the transaction.
CREATE TEMPORARY TABLE staging (
    line bigint, organization_id text, number text, customer_name text, status text,
    total numeric, currency text, created_at timestamptz, due_at timestamptz
) ON COMMIT DROP;
