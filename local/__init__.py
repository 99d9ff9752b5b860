"""The laptop stack: PostgreSQL, the AWS engine, the deployment and sample data."""
