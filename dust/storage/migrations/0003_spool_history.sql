-- What explains holes: the life of each gateway and its spools as their statuses told it; and what
-- became of each row of quarantine.

-- A copied memory card is one spool on two gateways, each with numbers of its own from then on.
ALTER TABLE spools DROP CONSTRAINT spools_pkey;
ALTER TABLE spools ADD PRIMARY KEY (spool, gateway);

-- When the newest status with a time that can be believed was said.
ALTER TABLE gateway_status ADD COLUMN said_at timestamptz;

-- One row for each change, in the words of ingest.gateway_events. Where a gateway flaps, its newest
-- row takes the changes in: from happened_at to changed_until it went to and fro, in `trouble`.
CREATE TABLE gateway_events (
  gateway_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL DEFAULT '',
  value text NOT NULL,
  trouble text,
  happened_at timestamptz NOT NULL,
  changed_until timestamptz,
  changes integer NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX gateway_events_key
  ON gateway_events (gateway, kind, subject, happened_at, gateway_event_id);
CREATE INDEX gateway_events_recorded ON gateway_events (gateway, recorded_at);

-- What a gateway has said of a spool; apart from `spools`, so that a status never waits for readings.
-- By gateway too: a copied memory card is one spool on two gateways.
CREATE TABLE gateway_spools (
  gateway text NOT NULL,
  spool uuid NOT NULL,
  begun_at timestamptz NOT NULL,
  said_at timestamptz NOT NULL,
  depth bigint NOT NULL DEFAULT 0,
  known_to bigint NOT NULL DEFAULT 0,  -- the highest number that there was then
  n_arrived bigint NOT NULL DEFAULT 0,  -- how many had arrived then
  dropped int8multirange NOT NULL DEFAULT '{}',
  n_dropped bigint NOT NULL DEFAULT 0,
  ranges_are_cut boolean NOT NULL DEFAULT false,
  ended_as text CHECK (ended_as IN ('set_aside', 'replaced')),
  ended_at timestamptz,
  PRIMARY KEY (gateway, spool)
);

-- The sensor and the time that a refused reading names, as far as they can be read in it. `encode`
-- takes any bytes; a whole message names many sensors and gets none.
ALTER TABLE quarantine
  ADD COLUMN sensor text GENERATED ALWAYS AS (
    CASE WHEN octet_length(payload) <= 65536 AND position('"readings"'::bytea in payload) = 0 THEN
      substring(encode(payload, 'escape') from '"sensor" *: *"([A-Za-z0-9._-]{1,64})"')
    END
  ) STORED,
  ADD COLUMN t_ms bigint GENERATED ALWAYS AS (
    CASE WHEN octet_length(payload) <= 65536 AND position('"readings"'::bytea in payload) = 0 THEN
      substring(encode(payload, 'escape') from '"t" *: *(-?[0-9]{1,15})[,} ]')::bigint
    END
  ) STORED,
  ADD COLUMN replays integer NOT NULL DEFAULT 0,
  ADD COLUMN last_replayed_at timestamptz,
  ADD COLUMN replayed_at timestamptz,
  ADD COLUMN discarded_at timestamptz,
  ADD COLUMN discarded_because text,
  ADD CHECK ((discarded_at IS NULL) = (discarded_because IS NULL)),
  ADD CHECK (replayed_at IS NULL OR discarded_at IS NULL);
CREATE INDEX quarantine_waiting ON quarantine (quarantine_id)
  WHERE replayed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX quarantine_spool ON quarantine (spool) WHERE replayed_at IS NULL;
CREATE INDEX quarantine_sensor ON quarantine (sensor, t_ms) WHERE replayed_at IS NULL;

-- How much of each gateway went into quarantine on each day (UTC), and how much was only counted
-- because the day's share was used up.
CREATE TABLE quarantine_days (
  gateway text NOT NULL,
  day date NOT NULL,
  n_kept bigint NOT NULL DEFAULT 0,
  kept_bytes bigint NOT NULL DEFAULT 0,
  n_left_out bigint NOT NULL DEFAULT 0,
  left_out_reasons jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (gateway, day)
);
