REVOKE CREATE ON SCHEMA invoice_export FROM invoice_export_system;
