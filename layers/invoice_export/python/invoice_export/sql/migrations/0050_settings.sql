-- What a transaction sets for itself, behind functions: RDS Proxy keeps a session to one
-- client for every setting that it sees, even one that ends with its transaction, and
-- does not look into functions. Every setting here is local to the transaction.

-- Row-level security shows this organisation's rows from now on; none for ''.
CREATE FUNCTION act_for(organization text) RETURNS text
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT set_config('app.org_id', organization, true);
END;

-- The index gives a page in its order, row by row: a sort would read all of it first and
-- costs a third more. Parallel plans would take vCPUs that the other pages' workers need;
-- compiling a query costs more than it saves. Timestamps come out as the files have them.
CREATE FUNCTION read_in_order() RETURNS void
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT
    set_config('DateStyle', 'ISO, YMD', true),
    set_config('enable_sort', 'off', true),
    set_config('enable_bitmapscan', 'off', true),
    set_config('enable_seqscan', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true),
    set_config('jit', 'off', true);
END;

REVOKE ALL ON FUNCTION act_for(text), read_in_order() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act_for(text), read_in_order() TO invoice_export_app;
