// One card a station: a link that chooses it.
import { showBadge } from "./badge.js";
import { element, setText } from "./element.js";
import { age_s, ageWords, fill, isFresh, isStale, level, said, texts } from "./format.js";
import { stationHref } from "./stations.js";
import { stateWords } from "./today.js";

function meanWords(mean, pollutant) {
  if (mean === null) return texts.aqi_unknown_why;
  const coverage = fill(texts.coverage_hours, { n: mean.n_valid, of: mean.n_possible });
  if (mean.value === null) return `${texts.aqi_unknown_why} · ${coverage}`;
  return `${texts[pollutant]} ${level(mean.value, pollutant)} ${texts.unit} · ${coverage}`;
}

function nowWords(station, pollutant) {
  const now = station.now[pollutant];
  if (now === null || !isFresh(now)) {
    const last = station.health.last_reading_time;
    return last === null ? texts.never : fill(texts.last_seen, { when: ageWords(age_s(last)) });
  }
  return `${texts[pollutant]} ${level(now.value, pollutant)} ${texts.unit} · ${ageWords(age_s(now.phenomenon_time))}`;
}

function fact(words) {
  return element("span", { class: "fact" }, words);
}

class Card {
  #badge = element("div", { class: "badge" });
  #kind = element("span", { class: "kind" });
  #name = element("strong", { class: "card-name" });
  #word = element("span", { class: "card-word" });
  #mean = element("span");
  #now = element("span");
  #state = element("span");
  #link;

  constructor(code) {
    this.#link = element("a", { class: "station-card", href: stationHref(code) }, this.#badge,
      element("span", { class: "card-text" }, this.#kind, this.#name, this.#word),
      element("span", { class: "card-facts" }, fact(texts.card_mean), this.#mean,
        fact(texts.card_now), this.#now, fact(texts.card_today), this.#state));
    this.item = element("li", {}, this.#link);
  }

  show(station, isChosen) {
    showBadge(this.#badge, station.aqi);
    this.#link.classList.toggle("old", isStale(station));
    if (isChosen) this.#link.setAttribute("aria-current", "true");
    else this.#link.removeAttribute("aria-current");
    setText(this.#kind, texts.kind[station.kind] ?? station.kind);
    setText(this.#name, said(station.name));
    setText(this.#word, station.aqi === null ? texts.aqi_unknown : said(station.aqi.name));
    const pollutant = station.aqi?.pollutant ?? "pm25";
    const today = station.today[pollutant];
    setText(this.#mean, meanWords(station.rolling_24h[pollutant], pollutant));
    setText(this.#now, nowWords(station, pollutant));
    setText(this.#state, today === null ? texts.today_missing : stateWords(today, pollutant));
  }
}

export class Cards {
  #list = document.getElementById("cards");
  #byCode = new Map();

  lay(stations) {
    this.#byCode = new Map(stations.map(({ code }) => [code, this.#byCode.get(code) ?? new Card(code)]));
    this.#list.replaceChildren(...[...this.#byCode.values()].map((card) => card.item));
  }

  show(station, isChosen) {
    this.#byCode.get(station.code)?.show(station, isChosen);
  }
}
