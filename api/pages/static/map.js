// The schematic map: own GeoJSON, no tiles, one marker a station with number, shape and colour.
import L from "/static/vendor/leaflet/leaflet.js";
import { aqiState, showBadge } from "./badge.js";
import { element, setText } from "./element.js";
import { fill, isStale, said, texts } from "./format.js";
import { stationHref } from "./stations.js";

const SIZE_PX = 46;
const SIDES = ["below", "above", "right", "left"];
const SCHEME = "/static/na_phra_lan.geojson";

function label(words, className) {
  return L.divIcon({ html: element("span", {}, words), className: `map-label ${className}`, iconSize: [0, 0] });
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

class Marker {
  isChosen = false;
  #badge = element("div", { class: "badge" });
  #name = element("span", { class: "marker-name", "aria-hidden": "true" });
  #marker;

  constructor(map, station) {
    const icon = L.divIcon({
      html: element("div", { class: "marker-inside" }, this.#badge, this.#name),
      className: "marker", iconSize: [SIZE_PX, SIZE_PX],
    });
    this.#marker = L.marker([station.latitude, station.longitude], { icon, riseOnHover: true })
      .on("click", () => { location.hash = stationHref(station.code); })
      .on("keydown", ({ originalEvent }) => this.#press(originalEvent, station.code))
      .addTo(map);
  }

  // Leaflet gives its markers the role of a button, but not a button's keys.
  #press(event, code) {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    location.hash = stationHref(code);
  }

  show(station, isChosen) {
    const node = this.#marker.getElement();
    showBadge(this.#badge, station.aqi);
    setText(this.#name, said(station.name));
    node.classList.toggle("old", isStale(station));
    node.classList.toggle("chosen-marker", isChosen);
    node.setAttribute("aria-pressed", String(isChosen));
    node.setAttribute("aria-label", fill(texts.marker, { name: said(station.name), state: aqiState(station.aqi) }));
    this.isChosen = isChosen;
    this.#marker.setZIndexOffset(isChosen ? 1000 : station.aqi?.category ?? 0);
  }

  boxOf(part) {
    return (part === "name" ? this.#name : this.#badge).getBoundingClientRect();
  }

  // Beside the marker wherever the name covers nothing; else not at all until the marker is pointed at.
  placeName(taken, frame) {
    const isInside = (box) => box.left > frame.left && box.right < frame.right;
    const inside = SIDES.filter((side) => this.#nameAt(side, isInside));
    const free = inside.find((side) => this.#nameAt(side, (box) => !taken.some((other) => overlap(box, other))));
    this.#nameAt(free ?? inside[0] ?? SIDES[0], () => true);
    this.#name.classList.toggle("no-room", free === undefined);
    return free !== undefined;
  }

  #nameAt(side, isGood) {
    this.#name.classList.remove(...SIDES);
    this.#name.classList.add(side);
    return isGood(this.boxOf("name"));
  }
}

export class StationMap {
  #holder;
  #labelled = [];
  #map;
  #markers = new Map();

  constructor(holder) {
    // One finger scrolls the page on a phone; two fingers move the map.
    this.#holder = holder;
    this.#map = L.map(holder, {
      attributionControl: false, zoomControl: false, dragging: !L.Browser.mobile, scrollWheelZoom: false,
      zoomSnap: 0.25, minZoom: 11, maxZoom: 16, center: [14.6867, 100.8713], zoom: 13,
    });
    L.control.zoom({ zoomInTitle: texts.zoom_in, zoomOutTitle: texts.zoom_out }).addTo(this.#map);
    this.#addNorth(holder.dataset.north);
    this.#map.on("zoomend moveend", () => this.#nameMarkers());
  }

  // The names of places belong inside the frame, so the scheme comes before the stations.
  async draw(stations) {
    await this.#addScheme();
    this.lay(stations);
  }

  lay(stations) {
    for (const station of stations) {
      if (!this.#markers.has(station.code)) this.#markers.set(station.code, new Marker(this.#map, station));
    }
    this.#frame(stations);
  }

  show(station, isChosen) {
    const marker = this.#markers.get(station.code);
    const moved = marker !== undefined && marker.isChosen !== isChosen;
    marker?.show(station, isChosen);
    if (moved) this.#nameMarkers();
  }

  #nameMarkers() {
    const markers = [...this.#markers.values()].sort((a, b) => Number(b.isChosen) - Number(a.isChosen));
    const badges = new Map(markers.map((marker) => [marker, marker.boxOf("badge")]));
    const fixed = this.#holder.querySelectorAll(".map-label span, .leaflet-bar, .north");
    const taken = [...fixed].map((node) => node.getBoundingClientRect());
    const frame = this.#holder.getBoundingClientRect();
    for (const marker of markers) {
      const others = [...badges].filter(([each]) => each !== marker).map(([, box]) => box);
      if (marker.placeName([...others, ...taken], frame)) taken.push(marker.boxOf("name"));
    }
  }

  #frame(stations) {
    const places = stations.map(({ latitude, longitude }) => [latitude, longitude]);
    const bounds = L.latLngBounds([...this.#labelled, ...places]);
    const room = { paddingTopLeft: [66, 44], paddingBottomRight: [54, 44], maxZoom: 15, animate: false };
    const fit = () => this.#map.invalidateSize({ animate: false }).fitBounds(bounds, room);
    fit();
    new ResizeObserver(fit).observe(this.#map.getContainer());
  }

  #addNorth(words) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => element("div", { class: "north", "aria-hidden": "true" }, words);
    control.addTo(this.#map);
  }

  async #addScheme() {
    const response = await fetch(SCHEME);
    if (!response.ok) return;  // stations without a background are still a map
    const scheme = await response.json();
    L.geoJSON(scheme, {
      filter: ({ geometry }) => geometry.type !== "Point",
      style: ({ properties }) => ({ className: `scheme-${properties.kind}`, interactive: false }),
      interactive: false,
    }).addTo(this.#map);
    scheme.features.filter(({ properties }) => properties.label_at).forEach((feature) => this.#addLabel(feature));
  }

  #addLabel({ properties }) {
    const [longitude, latitude] = properties.label_at;
    this.#labelled.push([latitude, longitude]);
    L.marker([latitude, longitude], {
      icon: label(said(properties.name), `label-${properties.kind}`), interactive: false, keyboard: false, zIndexOffset: -1000,
    }).addTo(this.#map);
  }
}
