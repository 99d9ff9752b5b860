SELECT id, account_id, name, archived, attributes FROM shop.customers
