-- For this transaction only; what is set and why is in the function.
SELECT read_in_order()
