// The chosen station: AQI, the answer for a child, the newest value and the 24-hour mean.
import { aqiState, COLOURS, RANGES, shape, showBadge } from "./badge.js";
import { element, setShown, setText, slots, svg } from "./element.js";
import {
  age_s, ageWords, clockTime, fill, isFresh, isStale, level, said, texts,
} from "./format.js";

const ARROWS = { rising: "M4 18L14 8M6 7h9v9", falling: "M4 6l10 10M15 7v9H6", steady: "M3 12h14M12 7l5 5-5 5" };
const MUCH = 1.5;

function arrow(trend) {
  return svg("svg", { viewBox: "0 0 22 24", class: "arrow", "aria-hidden": "true" }, svg("path", { d: ARROWS[trend] }));
}

function scaleStep(category) {
  return element("li", { "data-category": category },
    shape(category, COLOURS[category]), element("span", {}, RANGES[category]));
}

// Browsers know too few Thai words and would break inside ผลกระทบ; each part stays on one line.
function showWord(node, word) {
  if (node.textContent === word) return;
  node.replaceChildren(...word.split(/(?=ต่อสุขภาพ)/).map((part) => element("span", {}, part)));
}

function answerKey(station) {
  if (station.health.last_reading_time === null) return "unknown";
  if (isStale(station)) return "stale";
  return station.aqi === null ? "unknown" : String(station.aqi.category);
}

// The AQI looks back over a day; these words say whether the air is now other than that.
function compared(now, mean) {
  if (!isFresh(now) || !(mean?.value > 0)) return texts.no_compare;
  const times = now.value / mean.value;
  if (times >= MUCH) return fill(texts.above_mean, { times: times.toFixed(1) });
  return times <= 1 / MUCH ? texts.below_mean : texts.near_mean;
}

function claimWords(station, pollutant) {
  const claim = (station.rolling_24h[pollutant] ?? station.now[pollutant])?.claim_class ?? null;
  if (claim === null) return "\u00a0";
  return claim === "reference" ? texts.claim.reference : fill(texts.claim_line, { claim: texts.claim[claim] });
}

export class Chosen {
  #slot = slots(document);

  constructor() {
    this.#slot.scale.append(...Object.keys(RANGES).map(scaleStep));
  }

  show(station) {
    setText(this.#slot.kind, texts.kind[station.kind] ?? station.kind);
    setText(this.#slot.name, said(station.name));
    this.#showStale(station);
    this.#showAqi(station);
    this.#showAnswer(station);
    const pollutant = station.aqi?.pollutant ?? "pm25";
    this.#showNow(station.now[pollutant], pollutant);
    this.#showMean(station.rolling_24h[pollutant], pollutant);
    const comparison = compared(station.now[pollutant], station.rolling_24h[pollutant]);
    setText(this.#slot.compare, comparison);
    this.#slot.compare.classList.toggle("unsure", comparison === texts.no_compare);
    setText(this.#slot.claim, claimWords(station, pollutant));
    this.#showAdvice(station.aqi);
  }

  #showStale(station) {
    const last = station.health.last_reading_time;
    setShown(this.#slot.stale, isStale(station));
    setText(this.#slot.stale, last === null ? texts.never : fill(texts.stale, { when: ageWords(age_s(last)) }));
  }

  #showAqi(station) {
    const { aqi } = station;
    showBadge(this.#slot.badge, aqi);
    this.#slot.aqi.classList.toggle("old", isStale(station));
    setText(this.#slot["aqi-label"], fill(texts.aqi_of, { pollutant: texts[aqi?.pollutant ?? "pm25"] }));
    showWord(this.#slot.word, aqi === null ? texts.aqi_unknown : said(aqi.name));
    setText(this.#slot.level, aqi === null ? texts.aqi_unknown_why : this.#levelWords(aqi));
    for (const step of this.#slot.scale.children) {
      const current = Number(step.dataset.category) === aqi?.category;
      if (current) step.setAttribute("aria-current", "true");
      else step.removeAttribute("aria-current");
    }
  }

  #levelWords(aqi) {
    const colour = fill(texts.lang_colour, { word: said(aqi.colour_word) });
    return `${colour} · ${fill(texts.level, { n: aqi.category })}`;
  }

  #showAnswer(station) {
    const key = answerKey(station);
    setText(this.#slot.answer, texts.answer[key]);
    setText(this.#slot["answer-more"], texts.answer_more[key]);
  }

  #showNow(now, pollutant) {
    this.#slot["now-box"].classList.toggle("old", !isFresh(now));
    setText(this.#slot.now, now === null ? texts.no_recent_value : level(now.value, pollutant));
    this.#slot.now.classList.toggle("words", now === null);
    setText(this.#slot["now-unit"], now === null ? "" : texts.unit);
    setText(this.#slot["now-meta"], now === null ? texts[pollutant]
      : fill(texts.now_meta, { pollutant: texts[pollutant], when: ageWords(age_s(now.phenomenon_time)) }));
    this.#showTrend(now);
  }

  #showTrend(now) {
    const wanted = !isFresh(now) ? "" : now.trend ?? "unknown";
    const words = { 3: texts.suspect, 4: texts.failed }[now?.qc_flag] ?? texts.trend[wanted] ?? "\u00a0";
    if (this.#slot.trend.dataset.shows === wanted + words) return;
    this.#slot.trend.dataset.shows = wanted + words;
    this.#slot.trend.replaceChildren(...(wanted in ARROWS ? [arrow(wanted)] : []), words);
  }

  #showMean(mean, pollutant) {
    const known = mean !== null && mean.value !== null;
    this.#slot["mean-box"].classList.toggle("old", known && age_s(mean.period_end) > 2 * 3600);
    setText(this.#slot.mean, known ? level(mean.value, pollutant) : texts.no_mean);
    this.#slot.mean.classList.toggle("words", !known);
    setText(this.#slot["mean-unit"], known ? texts.unit : "");
    setText(this.#slot["mean-meta"], mean === null ? texts[pollutant]
      : `${texts[pollutant]} · ${fill(texts.coverage_hours, { n: mean.n_valid, of: mean.n_possible })}`);
    setText(this.#slot["mean-until"], mean === null ? "\u00a0" : fill(texts.until, { time: clockTime(mean.period_end) }));
  }

  #showAdvice(aqi) {
    setText(this.#slot["advice-general"], aqi === null ? texts.aqi_unknown_why : said(aqi.advice.general));
    setText(this.#slot["advice-at-risk"], aqi === null ? texts.aqi_unknown_why : said(aqi.advice.at_risk));
  }
}

export function summaryOf(station) {
  const state = isStale(station) ? texts.answer.stale : aqiState(station.aqi);
  return fill(texts.summary, { name: said(station.name), state });
}
