-- Two lanes that start at once must not both take the last place under the cap.
-- Always taken after the lane's row, and held to the end of the transaction.
SELECT pg_advisory_xact_lock(7246302)
