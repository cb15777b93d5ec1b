-- The token before the current one, while it is valid beside it, and the time at which it stops being valid.
ALTER TABLE instances ADD COLUMN former_token_hash BLOB;
ALTER TABLE instances ADD COLUMN former_token_until INTEGER;
