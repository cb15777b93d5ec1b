-- What each node has seen in each part of the last hour. 'part': the number of ten seconds since 1970.
CREATE TABLE {{schema}}.overview_samples (
  part bigint NOT NULL,
  node text COLLATE "C" NOT NULL,
  accepted double precision,
  delivered double precision,
  pending bigint NOT NULL,
  oldest_age double precision,
  dead_letters bigint NOT NULL,
  sockets integer NOT NULL,
  PRIMARY KEY (part, node)
);
