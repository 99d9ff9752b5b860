-- Walks on, and returns the first row of each hop and how many rows the hop has. After
-- the last hop comes the last row, with 0 rows. `of_view` is a NULL of the type of the
-- view of keys: its rows need no list of columns and types, and so may begin with the
-- organisation, whatever the type of its id is. The functions of before stay for the
-- release of before.
CREATE FUNCTION walk_on(
  walk refcursor, hops integer, hop_rows bigint[], of_view anyelement,
  OUT start anyelement, OUT rows bigint
) RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  wanted bigint;
BEGIN
  FOREACH wanted IN ARRAY hop_rows LOOP
    FOR hop IN 1 .. hops LOOP
      FETCH NEXT FROM walk INTO start;
      IF NOT FOUND THEN
        FETCH LAST FROM walk INTO start;
        IF FOUND THEN
          rows := 0;
          RETURN NEXT;
        END IF;
        RETURN;
      END IF;
      -- A MOVE by no rows at all counts the row that it stands on.
      MOVE FORWARD wanted - 1 FROM walk;
      GET DIAGNOSTICS rows = ROW_COUNT;
      rows := least(rows + 1, wanted);
      RETURN NEXT;
    END LOOP;
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION walk_on(refcursor, integer, bigint[], anyelement) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION walk_on(refcursor, integer, bigint[], anyelement)
  TO invoice_export_app;
