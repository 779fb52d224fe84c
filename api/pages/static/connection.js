// The state of the connection in words, in the header.
import { setText } from "./element.js";
import { bareClockTime, fill, serverNow_ms, texts } from "./format.js";

export class Connection {
  #box = document.getElementById("connection");
  #text = document.getElementById("connection-text");

  show(live) {
    this.#box.dataset.state = live.state;
    if (live.state === "live") setText(this.#text, texts.live);
    if (live.state === "offline") setText(this.#text, this.#offline(live.lostSince_ms));
  }

  #offline(lostSince_ms) {
    const since = serverNow_ms() - (Date.now() - lostSince_ms);
    return fill(texts.offline, { time: bareClockTime(since) });
  }
}
