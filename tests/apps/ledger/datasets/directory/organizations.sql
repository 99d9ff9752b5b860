SELECT id, name FROM billing.organizations WHERE discarded_at IS NULL
