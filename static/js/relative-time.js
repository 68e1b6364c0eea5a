// <relative-time><time datetime="…">3 min ago</time></relative-time>: keeps the words fresh.

const STEPS = [
  [60, 1, null],
  [3600, 60, "min"],
  [86400, 3600, "h"],
  [31536000, 86400, "day"],
];

class RelativeTime extends HTMLElement {
  connectedCallback() {
    this.time = this.querySelector("time");
    this.timer = setInterval(() => this.refresh(), 30_000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  refresh() {
    const text = words(new Date(this.time.dateTime), new Date());
    if (text && text !== this.time.textContent) this.time.textContent = text;
  }
}

function words(at, now) {
  const seconds = Math.round(Math.abs(now - at) / 1000);
  const step = STEPS.find(([limit]) => seconds < limit);
  if (!step) return "";
  const isPast = at <= now;
  const [, size, unit] = step;
  if (!unit) return isPast ? "just now" : "in a moment";
  const amount = Math.floor(seconds / size);
  const text = `${amount} ${unit === "day" && amount > 1 ? "days" : unit}`;
  return isPast ? `${text} ago` : `in ${text}`;
}

customElements.define("relative-time", RelativeTime);
