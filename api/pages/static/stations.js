// The stations as last heard, the order in which they were first shown, and the one that is chosen.
import { setServerTime } from "./format.js";

const HASH = /^#station=([^&]+)$/;

export function stationHref(code) {
  return `#station=${encodeURIComponent(code)}`;
}

function codeInHash() {
  const match = HASH.exec(location.hash);
  return match === null ? null : decodeURIComponent(match[1]);
}

function badness(station) {
  if (station.aqi === null) return -1;
  return station.aqi.above_scale ? 1000 + (station.rolling_24h[station.aqi.pollutant]?.value ?? 0) : station.aqi.aqi;
}

export class Stations extends EventTarget {
  network = null;
  #byCode = new Map();
  #chosenCode = null;

  constructor() {
    super();
    addEventListener("hashchange", () => this.#followHash());
  }

  // The order of the first load stays, so that nothing jumps under a finger.
  async load() {
    // A kept answer, though still true, would set the clock back to when it was made.
    const response = await fetch("/api/v1/stations", { cache: "no-store" });
    if (!response.ok) throw new Error(`stations: HTTP ${response.status}`);
    const body = await response.json();
    setServerTime(body.generated_at);
    this.network = body.network;
    const known = [...this.#byCode.keys()];
    const worstFirst = body.stations.sort((a, b) => badness(b) - badness(a));
    const heard = new Map(worstFirst.map((station) => [station.code, station]));
    const order = new Set([...known.filter((code) => heard.has(code)), ...heard.keys()]);
    this.#byCode = new Map([...order].map((code) => [code, heard.get(code)]));
    this.#followHash();
    this.dispatchEvent(new Event("loaded"));
  }

  replace(station) {
    if (!this.#byCode.has(station.code)) return false;
    this.#byCode.set(station.code, station);
    this.dispatchEvent(new CustomEvent("changed", { detail: station }));
    return true;
  }

  all() {
    return [...this.#byCode.values()];
  }

  get chosen() {
    return this.#byCode.get(this.#chosenCode) ?? null;
  }

  #followHash() {
    const wanted = codeInHash();
    const code = this.#byCode.has(wanted) ? wanted : this.#chosenCode ?? this.all()[0]?.code ?? null;
    if (code === this.#chosenCode) return;
    this.#chosenCode = code;
    if (code !== null) this.dispatchEvent(new CustomEvent("chosen", { detail: this.chosen }));
  }
}
