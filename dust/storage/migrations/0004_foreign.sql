-- When a worker first took in a message that says no time of its own (docs/decisions/0021).
-- The broker sends a message again under the number it had, so one row a number is enough: a new
-- message under an old number takes its row, and a worker has at most 65,535.

CREATE TABLE foreign_arrivals (
  worker text NOT NULL,
  mid integer NOT NULL,
  fingerprint bytea NOT NULL,
  arrived_at timestamptz NOT NULL,
  PRIMARY KEY (worker, mid)
);
