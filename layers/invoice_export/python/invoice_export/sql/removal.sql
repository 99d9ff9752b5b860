DO $$
BEGIN
  GRANT invoice_export_owner, invoice_export_app, invoice_export_system
    TO CURRENT_USER WITH INHERIT TRUE;
  DROP OWNED BY invoice_export_owner, invoice_export_app, invoice_export_system CASCADE;
  BEGIN
    DROP ROLE invoice_export_owner, invoice_export_app, invoice_export_system;
  EXCEPTION WHEN dependent_objects_still_exist THEN
    RAISE NOTICE 'The roles stay: another database of this server uses them.';
  END;
END
$$;
