SELECT {columns} FROM (
{query}
) q
WHERE q.{organization} = {current}
ORDER BY {key}
