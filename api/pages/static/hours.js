// The hourly means of one station over the last 48 hours, as the API gives them.
const HOUR_S = 3600;

export async function fetchHours(code, pollutant) {
  const address = `/api/v1/stations/${encodeURIComponent(code)}/hours?pollutant=${pollutant}`;
  const response = await fetch(address);
  if (!response.ok) throw new Error(`hours: HTTP ${response.status}`);
  return new Hours(await response.json());
}

export class Hours {
  constructor(body) {
    this.pollutant = body.pollutant;
    this.start_s = Math.floor(Date.parse(body.period_start) / 1000 / HOUR_S) * HOUR_S;
    this.end_s = Math.ceil(Date.parse(body.period_end) / 1000 / HOUR_S) * HOUR_S;
    // An incomplete hour has no value that counts; what there is of it is still worth a hollow bar.
    const shown = (hour) => ({ ...hour, value: hour.value ?? hour.partial_mean });
    this.#byStart = new Map(body.hours.map((hour) => [Date.parse(hour.period_start) / 1000, shown(hour)]));
    this.claim = body.hours.at(-1)?.claim_class ?? null;
  }

  #byStart;

  // Every hour of the period, in order; an hour that the API does not name is null.
  all() {
    const count = (this.end_s - this.start_s) / HOUR_S;
    return Array.from({ length: count }, (_, index) => {
      const start_s = this.start_s + index * HOUR_S;
      return { start_s, hour: this.#byStart.get(start_s) ?? null };
    });
  }

  known() {
    return this.all().filter(({ hour }) => hour !== null && hour.value !== null);
  }

  highest() {
    return this.known().reduce((best, each) => (best === null || each.hour.value > best.hour.value ? each : best), null);
  }
}
