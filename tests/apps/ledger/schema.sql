-- A billing application, as its framework makes it: times without a zone (all UTC),
-- statuses as integers, money in cents, soft deletes, nothing about an export.
CREATE TABLE billing.organizations (
  id uuid PRIMARY KEY,
  name varchar NOT NULL,
  created_at timestamp(6) NOT NULL,
  discarded_at timestamp(6)
);

CREATE TABLE billing.users (
  id bigserial PRIMARY KEY,
  email varchar NOT NULL,
  created_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_users_on_email ON billing.users (lower(email));

CREATE TABLE billing.memberships (
  id bigserial PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES billing.organizations,
  user_id bigint NOT NULL REFERENCES billing.users,
  status varchar NOT NULL DEFAULT 'invited',
  admin boolean NOT NULL DEFAULT false
);
CREATE INDEX index_memberships_on_organization ON billing.memberships (organization_id);
CREATE INDEX index_memberships_on_user ON billing.memberships (user_id);

CREATE TABLE billing.customers (
  id bigserial PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES billing.organizations,
  name varchar,
  discarded_at timestamp(6)
);

CREATE TABLE billing.bills (
  id bigserial PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES billing.organizations,
  customer_id bigint REFERENCES billing.customers,
  number varchar NOT NULL,
  status integer NOT NULL DEFAULT 0,
  total_cents bigint NOT NULL DEFAULT 0,
  memo text,
  created_at timestamp(6) NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
  paid_at timestamp(6),
  discarded_at timestamp(6)
);
CREATE INDEX index_bills_on_created
  ON billing.bills (organization_id, created_at, id) WHERE discarded_at IS NULL;
CREATE INDEX index_bills_on_status
  ON billing.bills (organization_id, status, created_at, id) WHERE discarded_at IS NULL;

-- received_at is what the clock on a wall in Berlin shows.
CREATE TABLE billing.payments (
  id bigserial PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES billing.organizations,
  bill_id bigint REFERENCES billing.bills ON DELETE SET NULL,
  amount_cents bigint NOT NULL,
  method varchar NOT NULL CHECK (method IN ('card', 'transfer', 'cash')),
  reference varchar,
  received_at timestamp(6) NOT NULL,
  refunded boolean NOT NULL DEFAULT false
);
CREATE INDEX index_payments_on_organization ON billing.payments (organization_id, id);
CREATE INDEX index_payments_on_method ON billing.payments (organization_id, method, id);

CREATE TABLE billing.journal_entries (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES billing.organizations,
  fiscal_year integer NOT NULL,
  account varchar NOT NULL,
  debit_cents bigint,
  booked_on date
);
CREATE INDEX index_journal_entries_on_year
  ON billing.journal_entries (organization_id, fiscal_year, id);
