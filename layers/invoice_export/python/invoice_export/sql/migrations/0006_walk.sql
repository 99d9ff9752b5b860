-- A walk over a query's rows, with the rights of its caller. RDS Proxy pins a session for
-- every cursor that it sees. This one is closed at the end of the transaction.
CREATE FUNCTION open_walk(query text) RETURNS refcursor
  LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  walk refcursor;
BEGIN
  OPEN walk NO SCROLL FOR EXECUTE query;
  RETURN walk;
END
$$;

-- Goes on by some hops of so many rows, and returns the first row of each. The rows
-- between them are read and sent to nobody.
CREATE FUNCTION walk_on(walk refcursor, hops integer, hop_rows bigint)
  RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  start record;
BEGIN
  FOR hop IN 1 .. hops LOOP
    FETCH NEXT FROM walk INTO start;
    EXIT WHEN NOT FOUND;
    RETURN NEXT start;
    MOVE FORWARD hop_rows - 1 FROM walk;
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION open_walk(text), walk_on(refcursor, integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_walk(text), walk_on(refcursor, integer, bigint) TO invoice_export_app;
