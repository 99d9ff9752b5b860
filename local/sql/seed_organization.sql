INSERT INTO organizations (id, name) VALUES (%s, %s)
ON CONFLICT (id) DO UPDATE SET name = excluded.name;
