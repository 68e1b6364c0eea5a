// <name-completion><input></name-completion>: typing {{ or pressing Ctrl+Space lists the names in scope, which
// stand in #names-in-scope with what the last run had there. Arrows choose, Enter or Tab takes, Escape closes.

const OPEN = /\{\{-?\s*([\w.[\]"-]*)$/;
const MOST = 40;
let count = 0;

class NameCompletion extends HTMLElement {
  connectedCallback() {
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.addEventListener("input", () => this.onInput(), { signal });
    this.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.addEventListener("focusout", () => this.close(), { signal });
    this.addEventListener("mousedown", (event) => this.onPick(event), { signal });
  }

  disconnectedCallback() {
    this.abort.abort();
  }

  get control() {
    return this.querySelector("input, textarea");
  }

  get before() {
    return this.control.value.slice(0, this.control.selectionStart);
  }

  get options() {
    return [...(this.list?.querySelectorAll("[role=option]") ?? [])];
  }

  onInput() {
    const typed = OPEN.exec(this.before);
    if (typed) this.open(typed[1]);
    else this.close();
  }

  onKey(event) {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.open(OPEN.exec(this.before)?.[1] ?? "");
    } else if (this.list) this.onListKey(event);
  }

  onListKey(event) {
    const act = { ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1), Escape: () => this.close() }[event.key];
    const taken = this.list.querySelector("[aria-selected=true]");
    if (act) act();
    else if ((event.key === "Enter" || event.key === "Tab") && taken) this.take(taken.dataset.path);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  onPick(event) {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    this.take(option.dataset.path);
  }

  open(typed) {
    const found = fitting(typed);
    this.close();
    if (found.length === 0) return;
    this.list = document.createElement("ul");
    Object.assign(this.list, { className: "completions", id: `completions-${(count += 1)}`, role: "listbox" });
    this.list.dataset.popup = "";
    this.list.setAttribute("aria-label", "Names of earlier steps");
    this.list.append(...found.map((name, at) => optionOf(name, `${this.list.id}-${at}`)));
    this.append(this.list);
    this.control.setAttribute("aria-controls", this.list.id);
    this.control.setAttribute("aria-autocomplete", "list");
    this.select(this.options[0]);
  }

  close() {
    this.list?.remove();
    this.list = null;
    for (const name of ["aria-controls", "aria-autocomplete", "aria-activedescendant"]) this.control.removeAttribute(name);
  }

  move(by) {
    const at = this.options.findIndex((option) => option.ariaSelected === "true");
    this.select(this.options[(at + by + this.options.length) % this.options.length]);
  }

  select(option) {
    for (const each of this.options) each.setAttribute("aria-selected", String(each === option));
    this.control.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  take(path) {
    const { control } = this;
    const typed = OPEN.exec(this.before);
    const start = typed ? typed.index : control.selectionStart;
    const rest = control.value.slice(control.selectionEnd);
    const end = /^[\w.[\]"]*\s*-?\}\}/.exec(rest)?.[0].length ?? 0;
    control.setRangeText(`{{ ${path} }}`, start, control.selectionEnd + end, "end");
    this.close();
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function fitting(typed) {
  const names = [...document.querySelectorAll("#names-in-scope [data-path]")].map((name) => name.dataset);
  const word = typed.toLowerCase();
  const begins = names.filter(({ path }) => path.toLowerCase().startsWith(word));
  const contains = names.filter((name) => !begins.includes(name) && name.path.toLowerCase().includes(word));
  return [...begins, ...contains].slice(0, MOST);
}

function optionOf({ path, kind, sample, title }, id) {
  const option = document.createElement("li");
  Object.assign(option, { id, role: "option", className: "completion" });
  option.dataset.path = path;
  option.append(piece("completion-path", path), piece("completion-sample", sample || kind), piece("completion-from", title));
  return option;
}

function piece(className, text) {
  const span = document.createElement("span");
  Object.assign(span, { className, textContent: text });
  return span;
}

customElements.define("name-completion", NameCompletion);
