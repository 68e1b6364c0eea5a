// <flow-canvas>: zooms the drawing of a workflow, moves it by dragging, and goes from step to step by arrow keys.

const LEAST = 0.25;
const MOST = 1.5;
const STEP = 1.2;
const READABLE = 0.6;

class FlowCanvas extends HTMLElement {
  connectedCallback() {
    this.scroller = this.querySelector("[data-scroller]");
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.addEventListener("click", (event) => this.onClick(event), { signal });
    this.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.addEventListener("htmx:afterSwap", () => this.apply(), { signal });
    this.scroller.addEventListener("wheel", (event) => this.onWheel(event), { signal, passive: false });
    this.scroller.addEventListener("pointerdown", (event) => this.onGrab(event), { signal });
    this.begin();
  }

  disconnectedCallback() {
    this.abort.abort();
  }

  get drawing() {
    return this.querySelector(".flow-drawing");
  }

  get size() {
    const { width, height } = this.drawing.viewBox.baseVal;
    return { width, height };
  }

  begin() {
    this.zoom = 1;
    if (!this.drawing) return;
    const isTouched = matchMedia("(pointer: coarse)").matches;
    const fitting = Math.max(READABLE, this.scroller.clientWidth / this.size.width);
    this.zoom = isTouched ? 1 : Math.min(1, fitting);
    this.apply();
    this.showFirst();
  }

  showFirst() {
    const first = this.drawing.querySelector(".flow-link");
    const box = first.closest("foreignObject");
    const middle = (box.x.baseVal.value + box.width.baseVal.value / 2) * this.zoom;
    this.scroller.scrollLeft = middle - this.scroller.clientWidth / 2;
  }

  apply() {
    const { drawing } = this;
    if (!drawing) return;
    drawing.setAttribute("width", this.size.width * this.zoom);
    drawing.setAttribute("height", this.size.height * this.zoom);
    this.querySelector("[data-zoom-level]").textContent = `${Math.round(this.zoom * 100)}%`;
  }

  onClick(event) {
    const how = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (!how || !this.drawing) return;
    const { clientWidth, clientHeight } = this.scroller;
    const fitting = Math.min(clientWidth / this.size.width, clientHeight / this.size.height, 1);
    const zooms = { in: this.zoom * STEP, out: this.zoom / STEP, one: 1, fit: fitting };
    this.zoomTo(zooms[how], clientWidth / 2, clientHeight / 2);
  }

  onWheel(event) {
    if (!(event.ctrlKey || event.metaKey) || !this.drawing) return;
    event.preventDefault();
    const box = this.scroller.getBoundingClientRect();
    this.zoomTo(this.zoom * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }

  // What is under x and y stays there.
  zoomTo(zoom, x, y) {
    const before = this.zoom;
    const { scrollLeft, scrollTop } = this.scroller;
    this.zoom = Math.min(MOST, Math.max(LEAST, zoom));
    this.apply();
    this.scroller.scrollLeft = ((scrollLeft + x) * this.zoom) / before - x;
    this.scroller.scrollTop = ((scrollTop + y) * this.zoom) / before - y;
  }

  onGrab(event) {
    const isBackground = !event.target.closest("a, button, summary, .empty");
    if (event.button !== 0 || event.pointerType === "touch" || !isBackground) return;
    const { scroller } = this;
    const from = { x: event.clientX + scroller.scrollLeft, y: event.clientY + scroller.scrollTop };
    const moving = new AbortController();
    const move = (moved) => scroller.scrollTo(from.x - moved.clientX, from.y - moved.clientY);
    window.addEventListener("pointermove", move, { signal: moving.signal });
    window.addEventListener("pointerup", () => moving.abort(), { signal: moving.signal });
  }

  onKey(event) {
    const link = event.target.closest(".flow-link");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const find = { ArrowDown: () => this.after(link), ArrowUp: () => this.before(link) };
    find.ArrowLeft = () => this.beside(link, -1);
    find.ArrowRight = () => this.beside(link, 1);
    if (!find[event.key]) return;
    event.preventDefault();
    this.show(find[event.key]());
  }

  show(link) {
    if (!link) return;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  after(link) {
    const node = CSS.escape(link.dataset.node);
    return this.card(this.querySelector(`.flow-wire[data-from="${node}"]:not([data-to=""])`)?.dataset.to);
  }

  before(link) {
    const node = CSS.escape(link.dataset.node);
    return this.card(this.querySelector(`.flow-wire[data-to="${node}"]`)?.dataset.from);
  }

  card(node) {
    return node ? document.getElementById(`card-${node}`) : null;
  }

  // The nearest card on one side, those at about the same height first.
  beside(link, side) {
    const here = link.getBoundingClientRect();
    let best = null;
    let least = Infinity;
    for (const other of this.querySelectorAll(".flow-link")) {
      const there = other.getBoundingClientRect();
      const across = (there.left - here.left) * side;
      const distance = across + Math.abs(there.top - here.top) * 3;
      if (across > here.width / 2 && distance < least) [best, least] = [other, distance];
    }
    return best;
  }
}

customElements.define("flow-canvas", FlowCanvas);
