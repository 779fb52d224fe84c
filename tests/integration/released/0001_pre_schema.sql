-- Rows in every table of the schema as 0001 left it: a village with a sensor, a reference with another.
INSERT INTO network (code, name_th, name_en) VALUES ('old-net', 'เก่า', 'Old');
INSERT INTO stations (code, name_th, name_en, kind, latitude, longitude, time_zone) VALUES
  ('v1', 'บ้าน', 'Village', 'village', 14.687, 100.871, 'Asia/Bangkok'),
  ('ref', 'อ้างอิง', 'Reference', 'reference', 14.688, 100.872, 'Asia/Bangkok');
INSERT INTO sensors (code, model, gateway, sampling_interval_s) VALUES
  ('pms-v1', 'pms5003', 'gw-1', 900), ('bam-ref', 'bam1020', 'gw-1', 3600);
INSERT INTO deployments (sensor_id, station_id, deployed_from, reports)
SELECT s.sensor_id, t.station_id, timestamptz '2024-01-01 00:00Z', ARRAY['pm25', 'pm10']
FROM sensors s JOIN stations t ON (s.code, t.code) IN (('pms-v1', 'v1'), ('bam-ref', 'ref'));
-- Twenty days, so that a hypertable has several chunks.
INSERT INTO readings (sensor_id, phenomenon_time, seq, n, pm25, pm10, x, qc_pm1, qc_pm25, qc_pm10,
  qc_tsp, qc_tests, qc_version)
SELECT sensor_id,
  timestamptz '2024-01-01 00:00Z' + i * make_interval(secs => sampling_interval_s)
    - interval '1 millisecond',
  i, 15, 40 + i % 7, 90 + i % 11, '{"fan": 1}', 9, 1, 1, 9, 0, 1
FROM sensors CROSS JOIN generate_series(1, 1920) AS i
WHERE i * sampling_interval_s <= 20 * 86400;
INSERT INTO latest_readings (sensor_id, phenomenon_time, seq, pm25, pm10, qc_pm1, qc_pm25, qc_pm10,
  qc_tsp)
SELECT DISTINCT ON (sensor_id) sensor_id, phenomenon_time, seq, pm25, pm10, 9, 1, 1, 9
FROM readings ORDER BY sensor_id, phenomenon_time DESC;
INSERT INTO spools (spool, gateway, received, quarantined) VALUES
  ('11111111-1111-4111-8111-111111111111', 'gw-1', '{[1,1920]}', '{[2000,2000]}');
INSERT INTO quarantine (fingerprint, topic, gateway, spool, seq, reason, field, value, allowed,
  payload)
VALUES ('\x01', 'dust/v1/gw-1/readings', 'gw-1', '11111111-1111-4111-8111-111111111111', 2000,
  'unknown_sensor', 'sensor', 'nobody', 'a code', '{"seq":2000,"sensor":"nobody","t":1704067200000}'),
  ('\x02', 'dust/v1/gw-1/readings', 'gw-1', NULL, NULL, 'not_json', NULL, NULL, NULL, '\xff00fe');
INSERT INTO gateway_status (gateway, state, status) VALUES ('gw-1', 'online', '{"state": "online"}');
INSERT INTO dirty_hours (sensor_id, hour_start)
SELECT DISTINCT sensor_id, date_trunc('hour', phenomenon_time) FROM readings
WHERE phenomenon_time < timestamptz '2024-01-03 00:00Z';
INSERT INTO dirty_days (station_id, local_day) SELECT station_id, '2024-01-02' FROM stations;
INSERT INTO averages (station_id, pollutant, period_kind, period_start, period_end, value,
  uncorrected_value, n_valid, n_measured, n_possible, time_coverage, data_capture, data_coverage,
  claim_class, rule_set)
SELECT station_id, 'pm25', 'hour', h, h + interval '1 hour', 43, 43, 4, 4, 4, 1, 1, 1, 'screening',
  'epa-75-18h'
FROM stations CROSS JOIN generate_series(timestamptz '2024-01-01 00:00Z',
  timestamptz '2024-01-20 23:00Z', interval '1 hour') AS h;
INSERT INTO exceedances (station_id, pollutant, limit_id, local_day, period_start, period_end,
  revision, kind, status, value_raw, value_rounded, level_ugm3, is_complete, n_valid, n_possible,
  time_coverage, data_capture, data_coverage, claim_class, rule_set, reason)
SELECT station_id, 'pm25', 'th-pm25-24h-2023', '2024-01-02', timestamptz '2024-01-01 17:00Z',
  timestamptz '2024-01-02 17:00Z', 1, 'signal', 'provisional', 43, 43, 37.5, true, 24, 24, 1, 1, 1,
  'screening', 'epa-75-18h', 'late_data'
FROM stations WHERE code = 'v1';
