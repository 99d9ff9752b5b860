-- A walk gives rows of the view of keys: `of_view` is a NULL of that type. Such rows
-- need no list of columns and types, and so may begin with the organisation, whatever
-- the type of its id is. The row is an OUT parameter, because PostgreSQL 16 knows no
-- `of_view%TYPE` of a row. The functions of before stay for the release of before.
CREATE FUNCTION walk_on(
  walk refcursor, hops integer, hop_rows bigint, of_view anyelement, OUT start anyelement
) RETURNS SETOF anyelement
  LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  moved bigint;
BEGIN
  FOR hop IN 1 .. hops LOOP
    FETCH NEXT FROM walk INTO start;
    EXIT WHEN NOT FOUND;
    RETURN NEXT;
    -- A MOVE by no rows at all counts the row that it stands on.
    MOVE FORWARD hop_rows - 1 FROM walk;
    GET DIAGNOSTICS moved = ROW_COUNT;
  END LOOP;
  IF moved IS NOT NULL THEN
    PERFORM set_config('app.last_hop_rows', least(moved + 1, hop_rows)::text, true);
  END IF;
END
$$;

CREATE FUNCTION end_walk(walk refcursor, of_view anyelement, OUT last anyelement)
  RETURNS SETOF anyelement
  LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  FETCH LAST FROM walk INTO last;
  IF FOUND THEN
    RETURN NEXT;
  END IF;
END
$$;

REVOKE ALL ON FUNCTION
  walk_on(refcursor, integer, bigint, anyelement), end_walk(refcursor, anyelement)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  walk_on(refcursor, integer, bigint, anyelement), end_walk(refcursor, anyelement)
  TO invoice_export_app;
