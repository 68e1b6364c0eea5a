// <step-panel>: the designer's panel. Its form is saved by every change; of the answer only those parts are
// put in that the server draws otherwise than before, so that nothing moves under who types on.

const DELAY_MS = 150;
const PATIENCE_MS = 4000;

class StepPanel extends HTMLElement {
  connectedCallback() {
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.seen = new Map(this.parts().map(([key, part]) => [key, drawn(part)]));
    this.addEventListener("change", (event) => this.onChange(event), { signal });
    this.addEventListener("htmx:configRequest", (event) => this.onSend(event), { signal });
    this.addEventListener("htmx:beforeSwap", (event) => this.onAnswer(event), { signal });
    this.addEventListener("htmx:afterRequest", (event) => this.onEnd(event), { signal });
    document.body.addEventListener("htmx:confirm", (event) => this.onLeave(event), { signal });
    document.body.addEventListener("htmx:load", (event) => this.onCanvas(event), { signal });
    window.addEventListener("beforeunload", (event) => this.isBusy && event.preventDefault(), { signal });
  }

  disconnectedCallback() {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  get form() {
    return this.querySelector("#step-form");
  }

  parts() {
    return [...this.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]);
  }

  onChange(event) {
    if (!this.form?.contains(event.target)) return;
    this.isBusy = true;
    this.changes = (this.changes ?? 0) + 1;
    this.say("Saving…");
  }

  onSend(event) {
    if (event.target !== this.form) return;
    this.isBusy = true;
    this.sentChanges = this.changes;
    this.sent = values(this.form);
  }

  onAnswer(event) {
    if (event.detail.target !== this || !event.detail.shouldSwap) return;
    const answer = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const next = answer.querySelector("step-panel");
    if (next && this.merge(next)) event.detail.shouldSwap = false;
  }

  merge(next) {
    const then = [...next.querySelectorAll("[data-part]")];
    const now = this.parts();
    const isSame = then.length === now.length && then.every((part, at) => part.dataset.part === now[at][0]);
    if (!isSame || next.dataset.tab !== this.dataset.tab) return false;
    then.forEach((part, at) => this.put(part, now[at][1]));
    for (const conditions of this.querySelectorAll("field-conditions")) conditions.handleEvent();
    return true;
  }

  put(part, before) {
    const written = drawn(part);
    if (this.seen.get(part.dataset.part) === written || this.isTyped(before)) return;
    this.seen.set(part.dataset.part, written);
    const focus = before.contains(document.activeElement) ? document.activeElement : null;
    const place = focus && placeOf(before, focus);
    const fresh = document.importNode(part, true);
    before.replaceWith(fresh);
    window.htmx.process(fresh);
    if (focus) refocus(fresh, focus, place);
  }

  // Whether somebody went on typing here after the form was sent.
  isTyped(part) {
    if (!this.sent) return false;
    const typed = [...part.querySelectorAll("input, select, textarea")].filter((control) => control.name);
    const now = values(this.form);
    return typed.some(({ name }) => this.sent.has(name) && now.get(name) !== this.sent.get(name));
  }

  onEnd(event) {
    if (event.target !== this.form) return;
    const { xhr, successful } = event.detail;
    if (this.changes === this.sentChanges) this.isBusy = false;
    this.sent = null;
    const isStored = successful && xhr?.status === 200;
    this.say(isStored ? "Saved" : xhr?.status === 422 ? "Not saved" : "Could not be saved");
    this.dispatchEvent(new CustomEvent("step-panel:stored", { detail: isStored }));
  }

  // What would take the panel away waits until all is stored; what cannot be stored is looked at first.
  onLeave(event) {
    const { target, verb } = event.detail;
    const isWaited = verb !== "get" || target?.contains(this);
    if (!this.isBusy || !isWaited || event.target === this.form) return;
    event.preventDefault();
    const goOn = () => follow(event);
    const timer = setTimeout(goOn, PATIENCE_MS);
    const onStored = ({ detail }) => {
      clearTimeout(timer);
      this.isBusy = false;
      if (detail) goOn();
      else this.querySelector("[aria-invalid=true], .field-error")?.focus?.();
    };
    this.addEventListener("step-panel:stored", onStored, { once: true });
  }

  // The canvas is drawn anew after each edit, whoever made it: one that this panel has not seen, it asks for.
  onCanvas(event) {
    const drawnNow = event.target.closest?.("#canvas")?.dataset.number;
    const known = this.form?.elements.based_on?.value;
    if (drawnNow === undefined || known === undefined || drawnNow === known || this.isBusy) return;
    this.dispatchEvent(new CustomEvent("reload"));
  }

  say(text) {
    const place = this.querySelector("[data-saved]");
    if (!place) return;
    place.textContent = text;
    clearTimeout(this.timer);
    if (text === "Saved") this.timer = setTimeout(() => (place.textContent = ""), DELAY_MS * 20);
  }
}

// The canvas may have been drawn anew since: what was clicked is gone then, where it leads to is not.
function follow({ target: link, detail }) {
  if (link.isConnected) detail.issueRequest();
  else if (detail.verb === "get") window.htmx.ajax("GET", detail.path, { target: detail.target, source: detail.target });
}

// How a part was drawn by the server: without what scripts put in, htmx marks, and what differs each time.
function drawn(part) {
  const copy = part.cloneNode(true);
  for (const popup of copy.querySelectorAll("[data-popup]")) popup.remove();
  copy.querySelector("[data-saved]")?.replaceChildren();
  copy.hidden = false;
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  return copy.outerHTML.replace(/ class="[^"]*\bhtmx-[^"]*"/g, "");
}

function values(form) {
  const found = new Map();
  for (const [name, value] of new FormData(form)) found.set(name, `${found.get(name) ?? ""}\n${value}`);
  return found;
}

function placeOf(part, focus) {
  const same = [...part.querySelectorAll(focus.tagName)];
  return { at: same.indexOf(focus), start: selectionOf(focus) };
}

function selectionOf(control) {
  return typeof control.selectionStart === "number" ? control.selectionStart : null;
}

function refocus(fresh, focus, place) {
  const next = focus.id ? fresh.querySelector(`#${CSS.escape(focus.id)}`) : null;
  const control = next ?? fresh.querySelectorAll(focus.tagName)[place.at];
  control?.focus({ preventScroll: true });
  if (control && place.start !== null && selectionOf(control) !== null) {
    control.setSelectionRange(place.start, place.start);
  }
}

customElements.define("step-panel", StepPanel);
