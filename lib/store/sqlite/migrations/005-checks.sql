-- What a check of the store writes.
CREATE TABLE checks (
  filler BLOB NOT NULL
) STRICT;
INSERT INTO checks VALUES (zeroblob(0));
