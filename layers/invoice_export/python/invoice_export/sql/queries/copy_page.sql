-- What the cells lack of their form is put in by domain/csv_format.py, from a row's end.
COPY (
  SELECT {cells}
  FROM {table}
  WHERE {organization} = %(organization_id)s
    AND ({time}, {id}) >= (%(start_created_at)s::timestamptz, %(start_id)s::uuid)
    -- One upper bound a page: comparing every row with a second one costs a quarter.
    AND CASE WHEN %(next_id)s::uuid IS NULL
      THEN ({time}, {id}) <= (%(last_created_at)s::timestamptz, %(last_id)s::uuid)
      ELSE ({time}, {id}) < (%(next_created_at)s::timestamptz, %(next_id)s::uuid)
    END
    AND {inserted} <= %(planned_at)s::timestamptz
  ORDER BY {time}, {id}
) TO STDOUT (FORMAT csv)
