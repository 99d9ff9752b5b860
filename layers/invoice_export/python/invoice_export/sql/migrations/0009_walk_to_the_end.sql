-- A walk can go back to its last row: an index is read in both directions. It reads in
-- order, which saves a round trip.
CREATE OR REPLACE FUNCTION open_walk(query text) RETURNS refcursor
  LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  walk refcursor;
BEGIN
  PERFORM read_in_order();
  OPEN walk SCROLL FOR EXECUTE query;
  RETURN walk;
END
$$;

-- As before, and it leaves the rows of the last hop in a setting of the transaction. A
-- MOVE by no rows at all counts the row that it stands on.
CREATE OR REPLACE FUNCTION walk_on(walk refcursor, hops integer, hop_rows bigint)
  RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  start record;
  moved bigint;
BEGIN
  FOR hop IN 1 .. hops LOOP
    FETCH NEXT FROM walk INTO start;
    EXIT WHEN NOT FOUND;
    RETURN NEXT start;
    MOVE FORWARD hop_rows - 1 FROM walk;
    GET DIAGNOSTICS moved = ROW_COUNT;
  END LOOP;
  IF moved IS NOT NULL THEN
    PERFORM set_config('app.last_hop_rows', least(moved + 1, hop_rows)::text, true);
  END IF;
END
$$;

-- Returns the last row, if there is one.
CREATE FUNCTION end_walk(walk refcursor) RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  last record;
BEGIN
  FETCH LAST FROM walk INTO last;
  IF FOUND THEN
    RETURN NEXT last;
  END IF;
END
$$;

REVOKE ALL ON FUNCTION end_walk(refcursor) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_walk(refcursor) TO invoice_export_app;
