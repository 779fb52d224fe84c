// The live stream and what is known of the connection. The browser reconnects by itself;
// what was missed meanwhile is fetched again.
import { setServerTime } from "./format.js";

const SILENCE_MS = 120_000;
const RETRY_MS = 10_000;

export class Live extends EventTarget {
  state = "connecting";
  lostSince_ms = null;
  #source = null;
  #heard_ms = 0;
  #stations;

  constructor(stations) {
    super();
    this.#stations = stations;
  }

  start() {
    this.#open();
    setInterval(() => this.#check(), RETRY_MS);
    addEventListener("offline", () => this.#lost());
    document.addEventListener("visibilitychange", () => this.#check());
  }

  #open() {
    this.#source = new EventSource("/api/v1/live");
    this.#source.addEventListener("hello", (event) => this.#hello(JSON.parse(event.data)));
    this.#source.addEventListener("station", (event) => this.#station(JSON.parse(event.data)));
    this.#source.addEventListener("error", () => this.#lost());
  }

  #hello({ generated_at }) {
    setServerTime(generated_at);
    const missedSome = this.lostSince_ms !== null;
    this.#heard();
    if (missedSome) this.#reload();
  }

  #station(station) {
    this.#heard();
    if (!this.#stations.replace(station)) this.#reload();
  }

  #heard() {
    this.#heard_ms = Date.now();
    this.lostSince_ms = null;
    this.#become("live");
  }

  #lost() {
    this.lostSince_ms ??= Date.now();
    this.#become("offline");
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #reload() {
    this.#stations.load().catch(() => this.#lost());
  }

  // A stream that the browser gave up, and one that died without a word, are noticed here.
  #check() {
    if (document.hidden) return;
    if (this.#source.readyState === EventSource.CLOSED) this.#open();
    else if (this.state === "live" && Date.now() - this.#heard_ms > SILENCE_MS) this.#ask();
  }

  #ask() {
    this.#heard_ms = Date.now();
    this.#reload();
  }
}
