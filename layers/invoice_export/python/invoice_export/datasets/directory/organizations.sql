SELECT id, name FROM sample.organizations
