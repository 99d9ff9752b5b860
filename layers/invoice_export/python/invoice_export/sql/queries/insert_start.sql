INSERT INTO execution_starts (run_id, generation, organization_id, execution_name, input)
VALUES (%(run_id)s, %(generation)s, %(organization_id)s, %(execution_name)s, %(input)s)
