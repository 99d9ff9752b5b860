INSERT INTO users (id, name, email) VALUES (%s, %s, %s)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email;
