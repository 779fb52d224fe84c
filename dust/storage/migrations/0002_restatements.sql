-- Corrections, longer periods, what was told before, and why a figure is made again.

-- How raw values become told ones: each row is one version for one sensor or for all of a model.
-- Only appended; `withdrawn_at` is set once. Where several are in force, a sensor's own row is
-- preferred to its model's, and then the newest.
CREATE TABLE corrections (
  correction_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sensor_id integer REFERENCES sensors,
  model text,
  pollutant text NOT NULL,
  formula text NOT NULL,
  coefficients jsonb NOT NULL DEFAULT '{}',
  valid_from timestamptz NOT NULL,
  valid_to timestamptz,
  claim_class text,
  evidence jsonb NOT NULL DEFAULT '{}',
  note text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  withdrawn_at timestamptz,
  CHECK (num_nonnulls(sensor_id, model) = 1),
  CHECK (valid_to IS NULL OR valid_from < valid_to)
);
CREATE INDEX corrections_sensor ON corrections (sensor_id);
CREATE INDEX corrections_model ON corrections (model);

-- The rule set that all averages of the network are made by.
ALTER TABLE network ADD COLUMN rule_set text;

-- Why an hour must be made again; and hours of a station whose readings have gone elsewhere.
ALTER TABLE dirty_hours ADD COLUMN reason text NOT NULL DEFAULT 'late_data';
CREATE TABLE dirty_station_hours (
  dirty_station_hour_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  station_id integer NOT NULL,
  hour_start timestamptz NOT NULL,
  reason text NOT NULL
);
-- A mark that the worker failed on is set aside with its error, so that it stops no other.
ALTER TABLE dirty_hours ADD COLUMN failed_at timestamptz, ADD COLUMN error text;
ALTER TABLE dirty_station_hours ADD COLUMN failed_at timestamptz, ADD COLUMN error text;
-- Days whose months and years must be made again, when the hours are done.
CREATE TABLE dirty_months (
  dirty_month_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  station_id integer NOT NULL,
  day_start timestamptz NOT NULL,
  marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- New readings are made first, however much else there is to do.
CREATE INDEX dirty_hours_late ON dirty_hours (dirty_hour_id)
  WHERE reason = 'late_data' AND failed_at IS NULL;
CREATE INDEX dirty_hours_hour ON dirty_hours (sensor_id, hour_start);
CREATE INDEX dirty_station_hours_hour ON dirty_station_hours (station_id, hour_start);
ALTER TABLE dirty_days ADD COLUMN reasons text[] NOT NULL DEFAULT '{}';

-- Hours in which stations must be compared with their neighbours again.
CREATE TABLE dirty_neighbourhoods (
  dirty_neighbourhood_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hour_start timestamptz NOT NULL
);

ALTER TABLE averages ADD COLUMN corrections integer[] NOT NULL DEFAULT '{}';
ALTER TABLE averages ADD COLUMN qc_tests integer NOT NULL DEFAULT 0;
CREATE INDEX averages_instant ON averages (period_kind, period_start);

-- What an average said before: as of an instant T it said what was computed at or before T and
-- superseded after T. A period that was still open said nothing final and leaves no history. Of an
-- hour the last readings come in its first minutes after the end: what was said until then is not
-- kept either, or every hour would be kept twice.
CREATE TABLE average_history (
  LIKE averages,
  superseded_at timestamptz NOT NULL
);
CREATE INDEX average_history_key
  ON average_history (station_id, pollutant, period_kind, period_start);

CREATE FUNCTION keep_average_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF now() >= OLD.period_end
      + (CASE OLD.period_kind WHEN 'hour' THEN interval '15 minutes' ELSE interval '0' END) THEN
    INSERT INTO average_history
    SELECT OLD.*, CASE TG_OP WHEN 'UPDATE' THEN NEW.computed_at ELSE clock_timestamp() END;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER averages_history_of_updates AFTER UPDATE ON averages FOR EACH ROW
  WHEN ((OLD.value, OLD.uncorrected_value, OLD.partial_mean, OLD.n_valid, OLD.n_measured,
         OLD.n_possible, OLD.claim_class, OLD.rule_set, OLD.corrections)
    IS DISTINCT FROM
        (NEW.value, NEW.uncorrected_value, NEW.partial_mean, NEW.n_valid, NEW.n_measured,
         NEW.n_possible, NEW.claim_class, NEW.rule_set, NEW.corrections))
  EXECUTE FUNCTION keep_average_history();
CREATE TRIGGER averages_history_of_deletes AFTER DELETE ON averages FOR EACH ROW
  EXECUTE FUNCTION keep_average_history();

-- An entry of the ledger says by which corrections it was made and what the revision changed.
ALTER TABLE exceedances ADD COLUMN corrections integer[] NOT NULL DEFAULT '{}';
ALTER TABLE exceedances ADD COLUMN changed jsonb NOT NULL DEFAULT '{}';
CREATE INDEX exceedances_recorded ON exceedances (recorded_at);
