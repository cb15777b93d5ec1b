-- Limits of an instance as JSON; null: as the server is set.
ALTER TABLE instances ADD COLUMN limits TEXT;
