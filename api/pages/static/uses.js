// What the chosen station's numbers may be used for, and the instruments that they come from.
import { element, setShown, setText, slots } from "./element.js";
import { fill, interval, texts } from "./format.js";

const POLLUTANTS = ["pm25", "pm10"];

function claimOf(station, pollutant) {
  return (station.rolling_24h[pollutant] ?? station.today[pollutant] ?? station.now[pollutant])?.claim_class ?? null;
}

function claimRow(pollutant, claim) {
  return element("div", { class: "claim" },
    element("dt", {}, texts[pollutant]),
    element("dd", {}, element("strong", {}, texts.claim[claim]), element("span", {}, texts.claim_more[claim])));
}

function deviceWords(sensor) {
  return fill(texts.device_line, { model: sensor.model.toUpperCase(), interval: interval(sensor.sampling_interval_s) });
}

// Only limits with which this station's numbers are compared.
function citations(station) {
  const compared = POLLUTANTS.map((pollutant) => station.today[pollutant])
    .filter((today) => today !== null && today.limit !== null && today.judgement !== "not_judged");
  return [...new Set(compared.map((today) => today.limit.citation))].join("; ");
}

export class Uses {
  #slot = slots(document);
  #shown = "";
  #code = null;

  show(station) {
    const claims = POLLUTANTS.map((pollutant) => [pollutant, claimOf(station, pollutant)])
      .filter(([, claim]) => claim !== null);
    this.#showClaims(claims);
    setShown(this.#slot["low-cost"], claims.some(([, claim]) => claim !== "reference"));
    setText(this.#slot["rule-set"], station.rolling_24h.pm25?.rule_set ?? texts.no_value);
    setText(this.#slot.citation, citations(station) || texts.no_value);
    if (this.#code !== station.code) this.#ask(station.code);
  }

  #showClaims(claims) {
    const wanted = JSON.stringify(claims);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.#slot.claims.replaceChildren(...claims.map(([pollutant, claim]) => claimRow(pollutant, claim)));
  }

  async #ask(code) {
    this.#code = code;
    const address = `/api/v1/stations/${encodeURIComponent(code)}`;
    this.#slot.raw.href = `${address}/hours?pollutant=pm25`;
    const sensors = await fetch(address)
      .then((response) => (response.ok ? response.json() : { station: {} }))
      .then((body) => body.station.sensors ?? [], () => []);
    if (this.#code !== code) return;
    setText(this.#slot.device, sensors.map(deviceWords).join(", ") || texts.no_device);
  }
}
