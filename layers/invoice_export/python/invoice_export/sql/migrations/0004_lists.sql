-- The list of exports with its filters. Both indexes end in the order of the pages.
CREATE INDEX exports_status_idx
  ON exports (organization_id, status, requested_at DESC, id DESC);
CREATE INDEX exports_requester_idx
  ON exports (organization_id, requested_by, requested_at DESC, id DESC);
