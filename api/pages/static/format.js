// Words for numbers, times and ages. Times are the station's local time; Thai dates are in the Buddhist era.

export const lang = document.documentElement.lang === "en" ? "en" : "th";
export const texts = JSON.parse(document.getElementById("texts").textContent);

const TIME_ZONE = "Asia/Bangkok";
const LOCALE = lang === "th" ? "th-TH-u-ca-buddhist-nu-latn" : "en-GB";
const FRESH_S = 600;
const STALE_S = 3600;

const clockFormat = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: TIME_ZONE,
});
const dayFormat = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric", month: "short", year: "numeric", timeZone: TIME_ZONE,
});
const shortDayFormat = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric", month: "short", timeZone: TIME_ZONE,
});

// A cheap phone's clock may be wrong by hours; ages are counted on the server's clock.
let serverAhead_ms = 0;

export function setServerTime(instant) {
  serverAhead_ms = Date.parse(instant) - Date.now();
}

export function serverNow_ms() {
  return Date.now() + serverAhead_ms;
}

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

export function said(words) {
  return words?.[lang] ?? words?.th ?? "";
}

export function level(value, pollutant) {
  return value.toFixed(pollutant === "pm10" ? 0 : 1);
}

export function limitLevel(value) {
  return String(Number(value));
}

export function clockTime(instant) {
  return fill(texts.clock, { time: clockFormat.format(new Date(instant)) });
}

export function bareClockTime(instant) {
  return clockFormat.format(new Date(instant));
}

export function day(instant) {
  return dayFormat.format(new Date(instant));
}

export function shortDay(instant) {
  return shortDayFormat.format(new Date(instant));
}

export function localDay(isoDay) {
  return day(`${isoDay}T12:00:00+07:00`);
}

export function age_s(instant) {
  return Math.max(0, (serverNow_ms() - Date.parse(instant)) / 1000);
}

export function ageWords(seconds) {
  if (seconds < 60) return texts.age.seconds;
  if (seconds < 3600) return fill(texts.age.minutes, { n: Math.floor(seconds / 60) });
  if (seconds < 48 * 3600) return fill(texts.age.hours, { n: Math.floor(seconds / 3600) });
  return fill(texts.age.days, { n: Math.floor(seconds / 86400) });
}

export function interval(seconds) {
  return seconds < 120
    ? fill(texts.seconds, { n: seconds })
    : fill(texts.minutes, { n: Math.round(seconds / 60) });
}

export function isFresh(now) {
  return now !== null && age_s(now.phenomenon_time) <= FRESH_S;
}

// A station that has been silent for an hour cannot say how the air is now.
export function isStale(station) {
  const last = station.health.last_reading_time;
  return last === null || age_s(last) > STALE_S;
}
