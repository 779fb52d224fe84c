// Joins the parts of the page: what was heard is shown, first the number, then chart and map.
import { Cards } from "./cards.js";
import { Chosen, summaryOf } from "./chosen.js";
import { Connection } from "./connection.js";
import { setShown, setText } from "./element.js";
import { said, texts } from "./format.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { Stations } from "./stations.js";
import { TodayRow } from "./today.js";
import { Uses } from "./uses.js";

const AGES_MS = 15_000;
const RETRY_MS = 10_000;

const stations = new Stations();
const chosen = new Chosen();
const cards = new Cards();
const uses = new Uses();
const history = new History();
const connection = new Connection();
const live = new Live(stations);
const rows = [...document.querySelectorAll(".today-row")].map((row) => new TodayRow(row));
const layout = document.getElementById("layout");
const trouble = document.getElementById("trouble");
let map = null;

function showChosen() {
  const station = stations.chosen;
  if (station === null) return;
  chosen.show(station);
  rows.forEach((row) => row.show(station.today));
  uses.show(station);
  history.show(station);
  setText(document.getElementById("summary"), summaryOf(station));
}

function showInLists(station) {
  const isChosen = station.code === stations.chosen?.code;
  cards.show(station, isChosen);
  map?.show(station, isChosen);
}

function showAll() {
  showChosen();
  stations.all().forEach(showInLists);
}

function showNetwork() {
  setText(document.getElementById("brand"), said(stations.network.name));
  setShown(document.getElementById("example"), stations.network.example);
  cards.lay(stations.all());
  map?.lay(stations.all());
  setShown(trouble, false);
  layout.removeAttribute("aria-busy");
  showAll();
}

// The other language opens on the same station.
function keepStationInLink() {
  const link = document.getElementById("other-lang");
  link.hash = location.hash;
}

function isInSight(section) {
  const { top } = section.getBoundingClientRect();
  return top >= 0 && top < innerHeight / 2;
}

function goTo(section) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!isInSight(section)) section.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  section.focus({ preventScroll: true });
}

// Links inside the page must not overwrite the chosen station in the address.
function followInside(event) {
  const link = event.target.closest?.("a[href='#stations'], a[href='#chosen']");
  if (!link) return;
  event.preventDefault();
  goTo(document.querySelector(link.getAttribute("href")));
}

async function loadMap() {
  const { StationMap } = await import("./map.js");
  const drawn = new StationMap(document.getElementById("map"));
  await drawn.draw(stations.all());
  map = drawn;
  showAll();
}

async function begin() {
  try {
    await stations.load();
  } catch {
    setText(trouble, texts.load_failed);
    setShown(trouble, true);
    setTimeout(begin, RETRY_MS);
    return;
  }
  live.start();
  setInterval(showAll, AGES_MS);
  await loadMap();
}

stations.addEventListener("loaded", showNetwork);
stations.addEventListener("chosen", showAll);
stations.addEventListener("changed", ({ detail }) => {
  showInLists(detail);
  if (detail.code === stations.chosen?.code) showChosen();
});
live.addEventListener("state", () => connection.show(live));
addEventListener("hashchange", () => {
  keepStationInLink();
  if (location.hash.startsWith("#station=")) goTo(document.getElementById("chosen"));
});
document.addEventListener("click", followInside);
keepStationInLink();
begin();
