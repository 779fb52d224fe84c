// The 48-hour chart: solid bars for complete hours, hollow ones for incomplete hours, hatching where nothing
// was measured, and the 24-hour limit as a dashed line. Hours carry no AQI colour: Thailand has no hourly bands.
import uPlot from "/static/vendor/uplot/uPlot.js";
import { bareClockTime, fill, level, limitLevel, shortDay, texts } from "./format.js";

const HALF_HOUR_S = 1800;
const HEIGHT_PX = 250;
const FONT = "14px Sarabun, sans-serif";
const SMALL_FONT = "bold 13px Sarabun, sans-serif";
const BAR_WIDTH = [0.78, 26];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function columns(hours) {
  const all = hours.all();
  const value = ({ hour }, complete) => (hour !== null && hour.is_complete === complete ? hour.value : null);
  return [
    all.map(({ start_s }) => start_s + HALF_HOUR_S),
    all.map((each) => value(each, true)),
    all.map((each) => value(each, false)),
  ];
}

function tick(second) {
  const instant = second * 1000;
  const time = bareClockTime(instant);
  return time === "00:00" ? `${time}\n${shortDay(instant)}` : time;
}

function hatch(context, left, top, width, height) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = colour("--missing");
  context.fillRect(left, top, width, height);
  context.strokeStyle = colour("--line");
  context.lineWidth = devicePixelRatio;
  const step = 8 * devicePixelRatio;
  context.beginPath();
  for (let x = left - height; x < left + width; x += step) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

export class Chart {
  #holder;
  #onHour;
  #plot = null;
  #hours = null;
  #limit = null;

  // onHour is told the hour under the finger, or the newest one.
  constructor(holder, onHour) {
    this.#holder = holder;
    this.#onHour = onHour;
    new ResizeObserver(() => this.#fit()).observe(holder);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
    document.fonts.ready.then(() => this.#draw());
  }

  // limit: {level, words} or null where the values may not be compared with one.
  show(hours, limit) {
    this.#hours = hours;
    this.#limit = limit;
    this.#draw();
  }

  clear() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#hours = null;
  }

  #draw() {
    if (this.#hours === null) return;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), columns(this.#hours), this.#holder);
    this.#tell(null);
  }

  #fit() {
    const width = this.#holder.clientWidth;
    const isNew = this.#plot !== null && width > 0 && width !== this.#plot.width;
    if (isNew) this.#plot.setSize({ width, height: HEIGHT_PX });
  }

  #options() {
    const { start_s, end_s } = this.#hours;
    return {
      width: this.#holder.clientWidth,
      height: HEIGHT_PX,
      padding: [14, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
      tzDate: (second) => uPlot.tzDate(new Date(second * 1000), "Asia/Bangkok"),
      scales: { x: { time: true, range: [start_s, end_s] }, y: { range: [0, this.#top()] } },
      axes: [this.#timeAxis(), this.#levelAxis()],
      series: [{}, this.#complete(), this.#incomplete()],
      hooks: {
        drawClear: [(plot) => this.#drawMissing(plot)],
        draw: [(plot) => this.#drawLimit(plot)],
        setCursor: [(plot) => this.#tell(plot.cursor.idx)],
      },
    };
  }

  #top() {
    const highest = this.#hours.highest()?.hour.value ?? 0;
    return Math.max(highest * 1.12, (this.#limit?.level ?? 0) * 1.35, 20);
  }

  #timeAxis() {
    return {
      stroke: colour("--soft"), font: FONT, size: 44, gap: 4, space: 62,
      incrs: [6, 12, 24].map((hours) => hours * 3600),
      values: (plot, splits) => splits.map(tick),
      grid: { show: false }, ticks: { stroke: colour("--line"), size: 5, width: 1 },
    };
  }

  #levelAxis() {
    return {
      stroke: colour("--soft"), font: FONT, size: 40, gap: 6, space: 44,
      grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false },
    };
  }

  #complete() {
    return this.#bars({ fill: colour("--bar"), width: 0 });
  }

  #incomplete() {
    return this.#bars({ fill: colour("--card"), width: 1.5 });
  }

  #bars(look) {
    return { paths: uPlot.paths.bars({ size: BAR_WIDTH }), stroke: colour("--bar"), points: { show: false }, ...look };
  }

  #drawMissing(plot) {
    const { top, height } = plot.bbox;
    for (const { start_s, hour } of this.#hours.all()) {
      if (hour !== null && hour.value !== null) continue;
      const left = plot.valToPos(start_s, "x", true);
      hatch(plot.ctx, left, top, plot.valToPos(start_s + 3600, "x", true) - left, height);
    }
  }

  #drawLimit(plot) {
    if (this.#limit === null) return;
    const { ctx: context, bbox } = plot;
    const y = Math.round(plot.valToPos(this.#limit.level, "y", true));
    context.save();
    context.strokeStyle = colour("--ink");
    context.lineWidth = 2 * devicePixelRatio;
    context.setLineDash([7 * devicePixelRatio, 5 * devicePixelRatio]);
    context.beginPath();
    context.moveTo(bbox.left, y);
    context.lineTo(bbox.left + bbox.width, y);
    context.stroke();
    context.restore();
    this.#labelLimit(context, bbox.left + 6 * devicePixelRatio, y);
  }

  #labelLimit(context, left, y) {
    const ratio = devicePixelRatio;
    const words = fill(this.#limit.words, { level: limitLevel(this.#limit.level) });
    context.save();
    context.font = SMALL_FONT.replace("13px", `${13 * ratio}px`);
    context.textAlign = "left";
    context.textBaseline = "middle";
    const width = context.measureText(words).width;
    context.fillStyle = colour("--ink");
    context.beginPath();
    context.roundRect?.(left, y - 25 * ratio, width + 14 * ratio, 21 * ratio, 6 * ratio);
    context.fill();
    context.fillStyle = colour("--card");
    context.fillText(words, left + 7 * ratio, y - 14 * ratio);
    context.restore();
  }

  #tell(index) {
    const all = this.#hours?.all() ?? [];
    this.#onHour(all[index ?? this.#newestIndex(all)] ?? null, this.#hours?.pollutant);
  }

  #newestIndex(all) {
    const newest = all.findLastIndex?.(({ hour }) => hour !== null) ?? -1;
    return newest === -1 ? all.length - 1 : newest;
  }
}

export function hourWords({ start_s, hour }, pollutant) {
  const when = fill(texts.chart_hour, {
    day: shortDay(start_s * 1000), start: bareClockTime(start_s * 1000), end: bareClockTime((start_s + 3600) * 1000),
  });
  return { when, what: valueWords(hour, pollutant) };
}

function valueWords(hour, pollutant) {
  if (hour === null || hour.value === null) return texts.chart_hour_missing;
  const words = hour.is_complete ? texts.chart_hour_value : texts.chart_hour_partial;
  return fill(words, { value: level(hour.value, pollutant), unit: texts.unit, n: hour.n_valid, of: hour.n_expected });
}
