-- Tells a log that was begun anew from the one before it, whose offsets clients may still have.
ALTER TABLE {{schema}}.log ADD COLUMN id text COLLATE "C" NOT NULL
  DEFAULT left(replace(gen_random_uuid()::text, '-', ''), 16);
