-- For this transaction only. The index gives a page in its order, row by row: a sort
-- would read all of it first and costs a third more. Parallel plans would take vCPUs
-- that the other pages' workers need; compiling a query costs more than it saves.
SELECT
  set_config('DateStyle', 'ISO, YMD', true),
  set_config('enable_sort', 'off', true),
  set_config('enable_bitmapscan', 'off', true),
  set_config('enable_seqscan', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true),
  set_config('jit', 'off', true)
