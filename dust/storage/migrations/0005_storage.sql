-- How long readings are kept, and which are gone.

-- What an operator has set. Without `keep_readings` all readings are kept.
CREATE TABLE storage_settings (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  keep_readings interval CHECK (keep_readings > interval '0'),
  -- How late a reading may come: as long as a gateway's spool keeps it (spool_limits.max_age_days).
  late_data_window interval NOT NULL DEFAULT '400 days' CHECK (late_data_window >= interval '0')
);
INSERT INTO storage_settings DEFAULT VALUES;

-- Spans whose readings retention has dropped; their averages and the ledger stay. Hours that begin
-- before `sealed_before` cannot be made again: their readings, or those that their flags hang on,
-- are gone. A row without `finished_at` is a drop that was cut off and goes on with the next.
CREATE TABLE dropped_readings (
  dropped_span_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dropped_from timestamptz NOT NULL,
  dropped_to timestamptz NOT NULL,
  sealed_before timestamptz NOT NULL,
  n_readings bigint NOT NULL DEFAULT 0,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  CHECK (dropped_from < dropped_to),
  CHECK (dropped_to <= sealed_before)
);
CREATE INDEX dropped_readings_seal ON dropped_readings (sealed_before);

-- The average of a sealed hour stays as it was told, whoever makes it again from what is left. In
-- the database and not in the worker, because nobody may forget it. Returning NULL leaves the row
-- out, so the worker sees that it is not told otherwise. The neighbours' bit, which is made from
-- averages, is set by an UPDATE of its own and may change.
CREATE FUNCTION keep_sealed_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.period_start < (SELECT max(d.sealed_before) FROM dropped_readings d) THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER averages_sealed_against_updates BEFORE UPDATE OF value ON averages FOR EACH ROW
  WHEN (OLD.period_kind = 'hour') EXECUTE FUNCTION keep_sealed_hours();
CREATE TRIGGER averages_sealed_against_deletes BEFORE DELETE ON averages FOR EACH ROW
  WHEN (OLD.period_kind = 'hour') EXECUTE FUNCTION keep_sealed_hours();
