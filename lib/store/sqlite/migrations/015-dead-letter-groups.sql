-- Dead letters are counted by group in the order of this index, without reading their rows.
CREATE INDEX dead_letters_by_group ON dead_letters
  (reason, queue_key, instance_key, id, died_at, first_died_at, "offset");
