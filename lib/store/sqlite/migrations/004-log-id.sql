-- Tells a log that was begun anew from the one before it, whose offsets clients may still have.
ALTER TABLE log ADD COLUMN id TEXT NOT NULL DEFAULT '';
UPDATE log SET id = lower(hex(randomblob(8)));
