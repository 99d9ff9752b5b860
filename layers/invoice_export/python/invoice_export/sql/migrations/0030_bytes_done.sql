-- How much of the file is written so far, counted with the pages; see count_progress.
ALTER TABLE exports ADD COLUMN bytes_done bigint NOT NULL DEFAULT 0;
