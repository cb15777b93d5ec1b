-- Those that are to be forgotten are found without reading all.
CREATE INDEX redriven_by_time ON redriven (redriven_at);
