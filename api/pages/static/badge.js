// The AQI badge: category as shape and colour, number inside. Five outlines differ without colour,
// because the first two Thai colours have the same lightness.
import { svg } from "./element.js";
import { said, texts, fill } from "./format.js";

const OUTLINES = {
  1: { points: null, size: 34, y: 51 },
  2: { points: [[10, 10], [90, 10], [90, 90], [10, 90]], size: 36, y: 51 },
  3: { points: [[50, 1], [99, 50], [50, 99], [1, 50]], size: 32, y: 51 },
  4: { points: [[50, 4], [98, 90], [2, 90]], size: 27, y: 67 },
  5: { points: [[30, 3], [70, 3], [97, 30], [97, 70], [70, 97], [30, 97], [3, 70], [3, 30]], size: 32, y: 51 },
};

// De facto colours of the Thai AQI 2566; the law names the colours in words.
export const COLOURS = { 1: "#3cccff", 2: "#92d051", 3: "#ffff00", 4: "#ffa202", 5: "#f04645" };
export const RANGES = { 1: "0–25", 2: "26–50", 3: "51–100", 4: "101–200", 5: ">200" };

function outline(category, fillColour) {
  const look = { fill: fillColour, class: "outline" };
  const { points } = OUTLINES[category];
  if (points === null) return svg("circle", { cx: 50, cy: 50, r: 46, ...look });
  return svg("polygon", { points: points.map((point) => point.join(",")).join(" "), ...look });
}

function numberIn(category, number) {
  const { size, y } = OUTLINES[category];
  const narrower = number.length > 3 ? 0.86 : 1;
  return svg("text", {
    x: 50, y, "font-size": size * narrower, "text-anchor": "middle", "dominant-baseline": "central",
  }, document.createTextNode(number));
}

function noData() {
  return svg("svg", { viewBox: "0 0 100 100", class: "shape unknown", "aria-hidden": "true" },
    svg("circle", { cx: 50, cy: 50, r: 45, class: "outline dashed" }),
    svg("path", { d: "M34 50h32", class: "dash" }));
}

export function shape(category, colour, number = "") {
  return svg("svg", { viewBox: "-2 -2 104 104", class: `shape category-${category}`, "aria-hidden": "true" },
    outline(category, colour), number === "" ? null : numberIn(category, number));
}

export function aqiNumber(aqi) {
  return aqi.above_scale ? texts.above_scale : String(aqi.aqi);
}

// Drawn again only when what it shows has changed.
export function showBadge(holder, aqi) {
  const wanted = aqi === null ? "none" : `${aqi.category} ${aqiNumber(aqi)}`;
  if (holder.dataset.shows === wanted) return;
  holder.dataset.shows = wanted;
  holder.replaceChildren(aqi === null ? noData() : shape(aqi.category, aqi.colour, aqiNumber(aqi)));
}

export function aqiState(aqi) {
  if (aqi === null) return texts.aqi_unknown;
  return fill(texts.summary_aqi, { aqi: aqiNumber(aqi), word: said(aqi.name) });
}
