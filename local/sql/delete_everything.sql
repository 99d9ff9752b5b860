-- DELETE would see one organisation only: row-level security applies to the owner.
TRUNCATE sample.organizations, sample.users, sample.members, sample.invoices;
TRUNCATE lanes, exports, export_pages, execution_starts, email_deliveries,
         email_suppressions, audit_logs, event_outbox, webhook_endpoints;
