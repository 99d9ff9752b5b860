-- A shop whose ids are texts, everywhere.
CREATE TABLE shop.accounts (
  id text PRIMARY KEY,
  title text NOT NULL
);

CREATE TABLE shop.people (
  id text PRIMARY KEY,
  given_name text NOT NULL,
  family_name text,
  email text
);

CREATE TABLE shop.staff (
  account_id text NOT NULL REFERENCES shop.accounts,
  person_id text NOT NULL REFERENCES shop.people,
  position text NOT NULL,
  PRIMARY KEY (account_id, person_id)
);
CREATE INDEX staff_person_idx ON shop.staff (person_id);

CREATE TABLE shop.customers (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES shop.accounts,
  name text NOT NULL,
  archived boolean NOT NULL DEFAULT false,
  attributes jsonb
);
CREATE INDEX customers_account_idx ON shop.customers (account_id, id);

CREATE TABLE shop.orders (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES shop.accounts,
  customer_id text REFERENCES shop.customers ON DELETE SET NULL,
  placed_on date NOT NULL,
  state text NOT NULL CHECK (state IN ('new', 'shipped', 'returned')),
  archived boolean,
  attributes jsonb,
  note text
);
CREATE INDEX orders_placed_idx ON shop.orders (account_id, placed_on, id);
CREATE INDEX orders_state_idx ON shop.orders (account_id, state, placed_on, id);

CREATE TABLE shop.order_lines (
  order_id text NOT NULL REFERENCES shop.orders ON DELETE CASCADE,
  position integer NOT NULL,
  amount numeric(12, 3) NOT NULL,
  PRIMARY KEY (order_id, position)
);

CREATE TABLE shop.refunds (
  refund uuid PRIMARY KEY,
  account_id text NOT NULL REFERENCES shop.accounts,
  "order" text REFERENCES shop.orders ON DELETE SET NULL,
  reason text,
  amount numeric NOT NULL,
  asked timestamptz NOT NULL,
  approved timestamptz,
  settled timestamptz,
  recorded timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX refunds_asked_idx ON shop.refunds (account_id, asked, refund);
