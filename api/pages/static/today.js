// Today's mean of the valid hours against the 24-hour limit, as a bar and in words.
import { element, setShown, setText } from "./element.js";
import { fill, level, limitLevel, localDay, texts } from "./format.js";

// The bar ends at twice the limit, so that the line stands in the same place for most days.
const FULL_BAR = 2;
const ROOM = 1.06;

export function stateWords(today, pollutant) {
  if (today.judgement === "not_judged") return texts.today.not_judged[pollutant];
  return texts.today[today.judgement][today.state];
}

function isOver(today) {
  return today.judgement !== "not_judged" && ["above_so_far", "exceeded_for_certain"].includes(today.state);
}

export class TodayRow {
  #row;
  #pollutant;
  #part = {};

  constructor(row) {
    this.#row = row;
    this.#pollutant = row.dataset.pollutant;
    const part = this.#part;
    part.value = element("span", { class: "number" });
    part.unit = element("span", { class: "unit" });
    part.bar = element("div", { class: "bar-fill" });
    part.line = element("div", { class: "bar-line" });
    part.limit = element("p", { class: "bar-limit" });
    part.track = element("div", { class: "bar", "aria-hidden": "true" }, part.bar, part.line);
    part.state = element("p", { class: "state" });
    part.headroom = element("p", { class: "meta" });
    part.meta = element("p", { class: "meta" });
    row.append(
      element("div", { class: "today-head" }, element("h3", {}, texts[this.#pollutant]),
        element("p", { class: "value" }, part.value, " ", part.unit)),
      part.state, part.track, part.limit, part.headroom, part.meta,
    );
  }

  show({ local_day: shownDay, [this.#pollutant]: today }) {
    const known = today !== null && today.mean !== null;
    const part = this.#part;
    setText(part.value, known ? level(today.mean, this.#pollutant) : texts.no_value);
    part.value.classList.toggle("words", !known);
    setText(part.unit, known ? texts.unit : "");
    setText(part.state, today === null ? texts.today_missing : stateWords(today, this.#pollutant));
    this.#row.dataset.judged = String(today?.judgement !== "not_judged");
    this.#row.dataset.over = String(today !== null && isOver(today));
    setText(part.meta, today === null ? "\u00a0"
      : fill(texts.today_meta, { day: localDay(shownDay), n: today.n_valid, of: today.n_possible }));
    this.#showBar(today, known);
    this.#showHeadroom(today);
  }

  #showBar(today, known) {
    const part = this.#part;
    const comparable = today !== null && today.limit !== null && today.judgement !== "not_judged";
    setShown(part.track, comparable);
    setShown(part.limit, comparable);
    if (!comparable) return;
    const mean = known ? today.mean : 0;
    const full = Math.max(today.limit.level * FULL_BAR, mean * ROOM);
    part.bar.style.width = `${((mean / full) * 100).toFixed(1)}%`;
    part.line.style.left = `${((today.limit.level / full) * 100).toFixed(1)}%`;
    const words = today.judgement === "signal" ? texts.reference_level : texts.limit;
    setText(part.limit, `${fill(words, { level: limitLevel(today.limit.level) })} ${texts.unit}`);
  }

  // The API may tell how dusty the rest of the day may still be (ug/m3); without it nothing is said.
  #showHeadroom(today) {
    const left = today?.headroom ?? null;
    const useful = left !== null && left > 0 && today.judgement !== "not_judged" && today.state !== "unknown";
    setShown(this.#part.headroom, useful);
    if (useful) {
      setText(this.#part.headroom,
        fill(texts.headroom, { value: level(left, this.#pollutant), unit: texts.unit }));
    }
  }
}
