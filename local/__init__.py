"""The laptop stack: PostgreSQL and the AWS engine, deployed to and seeded."""
