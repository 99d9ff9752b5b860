SELECT q.* FROM (
{query}
) q
WHERE q.{organization} = {current}
ORDER BY {key}
