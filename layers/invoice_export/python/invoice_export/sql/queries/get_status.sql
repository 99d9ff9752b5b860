-- Made for a poll every second: one indexed read.
SELECT {status}
FROM exports e
WHERE e.id = %(run_id)s
