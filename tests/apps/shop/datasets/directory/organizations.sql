SELECT id, title AS name FROM shop.accounts
