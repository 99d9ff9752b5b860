-- TRUNCATE, since row-level security shows one organisation's rows to the owner too.
TRUNCATE organizations, users, members, invoices, exports, export_pages,
         execution_starts, email_deliveries, email_suppressions, audit_logs,
         event_outbox, webhook_endpoints;
