-- What SES has reported of an e-mail since it accepted it; null: nothing yet.
ALTER TABLE email_deliveries ADD COLUMN report text
  CONSTRAINT email_deliveries_report_check
  CHECK (report IN ('delivered', 'bounced', 'complained'));
