-- The audit log shows tampering: each record has the hash of the one before it in its
-- organisation. domain/audit_chain.py computes the same from the same bytes.

-- The head of each organisation's chain. Locking the lane locks it too.
ALTER TABLE lanes
  ADD COLUMN audit_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN audit_hash bytea;
ALTER TABLE audit_logs
  ADD COLUMN seq bigint,
  ADD COLUMN previous_hash bytea,
  ADD COLUMN hash bytea;

-- A field with its length in front, so that no two records have the same bytes.
CREATE FUNCTION audit_field(field text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN field IS NULL THEN '-,' ELSE octet_length(field) || ':' || field || ',' END;

CREATE FUNCTION audit_hash(record audit_logs) RETURNS bytea
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN sha256(convert_to(
    audit_field('audit-chain-1')
      || audit_field(record.seq::text)
      || audit_field(encode(record.previous_hash, 'hex'))
      || audit_field(record.id::text)
      || audit_field(record.action)
      || audit_field(record.subject)
      || audit_field(record.actor)
      || audit_field(record.payload::text)
      || audit_field(record.event_key)
      || audit_field(to_char(
           record.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
    'UTF8'));

-- What the first record of an organisation follows. It binds the chain to its
-- organisation.
CREATE FUNCTION audit_beginning(organization text) RETURNS bytea
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN sha256(convert_to(
    audit_field('audit-chain-1') || audit_field(organization), 'UTF8'));

-- Only this function writes the head, and nobody chooses a record's place. Without a lane
-- the foreign key refuses the record.
CREATE FUNCTION chain_audit_record() RETURNS trigger
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  head record;
BEGIN
  SELECT l.audit_seq, l.audit_hash INTO head
  FROM invoice_export.lanes l WHERE l.organization_id = NEW.organization_id
  FOR NO KEY UPDATE;
  -- ON CONFLICT DO NOTHING drops a record after this trigger has moved the head.
  IF EXISTS (
    SELECT FROM invoice_export.audit_logs a
    WHERE a.organization_id = NEW.organization_id AND a.event_key = NEW.event_key
  ) OR EXISTS (SELECT FROM invoice_export.audit_logs a WHERE a.id = NEW.id) THEN
    RETURN NULL;
  END IF;
  -- A time that was taken while this waited for its turn: times are in the order of the
  -- places, so an export that ends at a moment leaves no gap.
  IF NEW.created_at >= statement_timestamp() THEN
    NEW.created_at := clock_timestamp();
  END IF;
  NEW.seq := coalesce(head.audit_seq, 0) + 1;
  NEW.previous_hash := coalesce(
    head.audit_hash, invoice_export.audit_beginning(NEW.organization_id));
  NEW.hash := invoice_export.audit_hash(NEW);
  UPDATE invoice_export.lanes SET audit_seq = NEW.seq, audit_hash = NEW.hash
  WHERE organization_id = NEW.organization_id;
  RETURN NEW;
END
$$;

-- Records from before this migration are chained as they are found. The owner may read
-- and write all of them only here.
ALTER TABLE audit_logs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lanes NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
  entry audit_logs;
  place bigint;
  last_organization text;
  last_hash bytea;
BEGIN
  FOR entry IN SELECT * FROM audit_logs ORDER BY organization_id, created_at, id LOOP
    IF entry.organization_id IS DISTINCT FROM last_organization THEN
      UPDATE lanes SET audit_seq = place, audit_hash = last_hash
      WHERE organization_id = last_organization;
      last_organization := entry.organization_id;
      last_hash := audit_beginning(last_organization);
      place := 0;
    END IF;
    place := place + 1;
    entry.seq := place;
    entry.previous_hash := last_hash;
    last_hash := audit_hash(entry);
    UPDATE audit_logs SET seq = place, previous_hash = entry.previous_hash, hash = last_hash
    WHERE id = entry.id;
  END LOOP;
  UPDATE lanes SET audit_seq = place, audit_hash = last_hash
  WHERE organization_id = last_organization;
END
$$;
ALTER TABLE audit_logs FORCE ROW LEVEL SECURITY;
ALTER TABLE lanes FORCE ROW LEVEL SECURITY;

-- One record's hash is one place in the chain.
CREATE UNIQUE INDEX audit_logs_chain_key ON audit_logs (organization_id, seq);
ALTER TABLE audit_logs
  ALTER COLUMN seq SET NOT NULL,
  ALTER COLUMN previous_hash SET NOT NULL,
  ALTER COLUMN hash SET NOT NULL;
CREATE TRIGGER chain BEFORE INSERT ON audit_logs
  FOR EACH ROW EXECUTE FUNCTION chain_audit_record();

REVOKE ALL ON FUNCTION
  audit_field(text), audit_hash(audit_logs), audit_beginning(text), chain_audit_record()
  FROM PUBLIC;
-- A new lane begins with an empty chain.
REVOKE INSERT ON lanes FROM invoice_export_app;
GRANT INSERT (organization_id, lane_seq) ON lanes TO invoice_export_app;

-- The heads of all chains, for the daily digest.
GRANT SELECT (organization_id, audit_seq, audit_hash) ON lanes TO invoice_export_system;
CREATE POLICY system_read ON lanes FOR SELECT TO invoice_export_system USING (true);
GRANT CREATE ON SCHEMA invoice_export TO invoice_export_system;
SET ROLE invoice_export_system;
CREATE FUNCTION system_audit_heads()
  RETURNS TABLE (organization_id text, seq bigint, hash bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT l.organization_id, l.audit_seq, l.audit_hash FROM lanes l
  WHERE l.audit_seq > 0
  ORDER BY l.organization_id;
END;
REVOKE ALL ON FUNCTION system_audit_heads() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION system_audit_heads() TO invoice_export_app, invoice_export_owner;
RESET ROLE;
REVOKE CREATE ON SCHEMA invoice_export FROM invoice_export_system;
