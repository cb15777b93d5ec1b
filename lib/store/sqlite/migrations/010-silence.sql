-- Minutes without an event after which an instance is silent; 0: never, null: as the server is set.
ALTER TABLE instances ADD COLUMN silence_after_minutes INTEGER;
