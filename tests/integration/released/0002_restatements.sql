-- Rows in every table that 0002 added; the history is made by its trigger.
INSERT INTO corrections (sensor_id, pollutant, formula, coefficients, valid_from, note)
SELECT sensor_id, 'pm25', 'linear', '{"slope": 0.5, "intercept": 2}', timestamptz '2024-01-10 00:00Z',
  'old'
FROM sensors WHERE code = 'pms-v1';
UPDATE network SET rule_set = 'epa-75-18h';
INSERT INTO dirty_station_hours (station_id, hour_start, reason)
SELECT station_id, timestamptz '2024-01-05 03:00Z', 'rule_set' FROM stations;
UPDATE dirty_hours SET failed_at = now(), error = 'kept' WHERE dirty_hour_id = (
  SELECT max(dirty_hour_id) FROM dirty_hours);
INSERT INTO dirty_months (station_id, day_start)
SELECT station_id, timestamptz '2024-01-04 17:00Z' FROM stations;
INSERT INTO dirty_neighbourhoods (hour_start) VALUES (timestamptz '2024-01-05 03:00Z');
UPDATE averages SET value = 44 WHERE period_start = timestamptz '2024-01-06 00:00Z';
