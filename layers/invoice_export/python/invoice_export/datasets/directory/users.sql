SELECT id, name, email FROM sample.users
