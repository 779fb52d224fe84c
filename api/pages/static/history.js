// The section around the 48-hour chart: choice of pollutant, the hour in words, the table, what was missing.
import { element, setShown, setText } from "./element.js";
import { bareClockTime, fill, level, serverNow_ms, shortDay, texts } from "./format.js";
import { fetchHours } from "./hours.js";

const REFRESH_MS = 5 * 60_000;

function limitOf(station, pollutant) {
  const today = station.today[pollutant];
  if (today === null || today.limit === null || today.judgement === "not_judged") return null;
  const words = today.judgement === "signal" ? texts.chart_reference_level : texts.chart_limit;
  return { level: today.limit.level, words };
}

export class History {
  #chart = null;
  #words = null;
  #station = null;
  #pollutant = "pm25";
  #hours = null;
  #asked = "";
  #asked_ms = 0;
  #holder = document.getElementById("chart");
  #readout = document.getElementById("readout");
  #buttons = [...document.querySelectorAll(".switch button")];
  #details = document.getElementById("chart-details");

  constructor() {
    for (const button of this.#buttons) {
      button.addEventListener("click", () => this.#choose(button.dataset.pollutant));
    }
    this.#details.addEventListener("toggle", () => this.#fillTable());
  }

  // Asked again after a change of station or pollutant, and every few minutes while values arrive.
  show(station) {
    this.#station = station;
    const wanted = `${station.code} ${this.#pollutant}`;
    const isOld = serverNow_ms() - this.#asked_ms > REFRESH_MS;
    if (wanted !== this.#asked || isOld) this.#ask(wanted);
  }

  #choose(pollutant) {
    this.#pollutant = pollutant;
    for (const button of this.#buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.pollutant === pollutant));
    }
    if (this.#station !== null) this.show(this.#station);
  }

  async #ask(wanted) {
    if (wanted !== this.#asked) this.#clear();
    this.#asked = wanted;
    this.#asked_ms = serverNow_ms();
    try {
      const [module, hours] = await Promise.all([
        import("./chart.js"), fetchHours(this.#station.code, this.#pollutant),
      ]);
      if (this.#asked === wanted) this.#draw(module, hours);
    } catch {
      this.#clear();
      this.#asked_ms = 0;
      setText(this.#readout, texts.chart_failed);
    }
  }

  // Another station's chart must not stand under this station's name.
  #clear() {
    this.#chart?.clear();
    this.#hours = null;
    this.#holder.setAttribute("aria-label", "");
    setText(this.#readout, "\u00a0");
  }

  #draw({ Chart, hourWords }, hours) {
    this.#words = hourWords;
    this.#chart ??= new Chart(this.#holder, (each, pollutant) => this.#tell(each, pollutant));
    this.#hours = hours;
    const limit = limitOf(this.#station, this.#pollutant);
    this.#chart.show(hours, limit);
    setShown(document.getElementById("legend-limit"), limit !== null);
    const notJudged = this.#station.today[this.#pollutant]?.judgement === "not_judged";
    setText(document.getElementById("chart-claim"), notJudged ? texts.today.not_judged[this.#pollutant]
      : texts.claim[hours.claim] ?? "\u00a0");
    this.#holder.setAttribute("aria-label", this.#summary(hours));
    this.#fillTable();
  }

  #tell(each, pollutant) {
    if (each === null) return;
    const { when, what } = this.#words(each, pollutant);
    if (this.#hours.known().length === 0) setText(this.#readout, texts.chart_empty);
    else this.#readout.replaceChildren(element("strong", {}, what), " ", element("span", {}, when));
  }

  #summary(hours) {
    const highest = hours.highest();
    if (highest === null) return texts.chart_empty;
    const when_ms = highest.start_s * 1000;
    return fill(texts.chart_summary, {
      pollutant: texts[hours.pollutant], value: level(highest.hour.value, hours.pollutant), unit: texts.unit,
      when: `${shortDay(when_ms)} ${bareClockTime(when_ms)}`, n: hours.known().length,
    });
  }

  #fillTable() {
    if (!this.#details.open || this.#hours === null) return;
    const rows = this.#hours.all().reverse().map((each) => this.#row(each));
    document.getElementById("chart-rows").replaceChildren(...rows);
  }

  #row({ start_s, hour }) {
    const { when } = this.#words({ start_s, hour }, this.#hours.pollutant);
    const value = hour === null || hour.value === null ? texts.chart_hour_missing : level(hour.value, this.#hours.pollutant);
    const coverage = hour === null ? "–" : `${hour.n_valid}/${hour.n_expected}`;
    return element("tr", {}, element("th", { scope: "row" }, when), element("td", {}, value), element("td", {}, coverage));
  }
}
