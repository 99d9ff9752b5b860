SELECT organization_id, url, set_by, set_at FROM webhook_endpoints
