"""The edges: PostgreSQL, S3, SES and Step Functions."""
