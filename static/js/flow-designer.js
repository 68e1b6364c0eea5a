// <flow-designer>: opens dialogs, keeps the chosen step chosen while the canvas changes, and listens to keys.

const GO_WITHIN_MS = 1200;

class FlowDesigner extends HTMLElement {
  connectedCallback() {
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.addEventListener("click", (event) => this.onClick(event), { signal });
    this.addEventListener("step-chosen", (event) => this.onChosen(event.detail.id), { signal });
    this.addEventListener("draft-changed", (event) => this.closeDialog(event), { signal });
    this.addEventListener("run-started", (event) => this.closeDialog(event), { signal });
    this.addEventListener("draft-moved", () => this.openPanel(this.dataset.chosen), { signal });
    this.addEventListener("problems-told", () => this.tellProblems(), { signal });
    this.addEventListener("htmx:afterSwap", () => this.mark(), { signal });
    this.addEventListener("htmx:afterSettle", (event) => this.onSettled(event), { signal });
    this.addEventListener("htmx:oobAfterSwap", () => this.mark(), { signal });
    this.addEventListener("htmx:oobBeforeSwap", (event) => this.onToolbar(event), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.mark();
  }

  disconnectedCallback() {
    this.abort.abort();
  }

  onClick(event) {
    const opener = event.target.closest("[data-opens]");
    if (opener) this.openDialog(opener);
    if (event.target.closest("[data-close-panel]")) this.onChosen("");
    const link = event.target.closest("a[data-node]");
    if (link) this.choose(link.dataset.node);
    if (event.target.matches(".designer-dialog[open]")) event.target.close();
  }

  // What a dialog showed before is of another place.
  openDialog(opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    this.picks = false;
    dialog.replaceChildren();
    dialog.showModal();
  }

  // What was asked for elsewhere, such as in the panel, leaves a dialog open that was opened meanwhile.
  closeDialog(event) {
    event.target.closest(".designer-dialog")?.close();
  }

  // Enter takes the first that fits what was typed, as soon as that is known; arrows go through the list.
  onPalette(event) {
    const search = this.querySelector("[data-palette-search]");
    const items = [...this.querySelectorAll(".palette-item")];
    if (event.key === "Enter" && event.target === search) {
      event.preventDefault();
      this.picks = true;
      this.pick();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const to = items.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
      (items[to] ?? search).focus();
    }
  }

  pick() {
    const wanted = this.querySelector("[data-palette-search]")?.value.trim().replaceAll(/\s+/g, " ");
    if (this.querySelector("#palette-list")?.dataset.search !== wanted) return;
    this.picks = false;
    this.querySelector(".palette-item")?.click();
  }

  // A form that is under way stays, lest its answer be lost: that answer has the toolbar drawn anew.
  onToolbar(event) {
    const { target } = event.detail;
    if (target.id === "toolbar" && target.querySelector(".htmx-request")) event.detail.shouldSwap = false;
  }

  // Only what has settled answers to clicks and hears what is typed.
  onSettled(event) {
    const { target } = event.detail;
    if (target.id === "adding") target.querySelector("[data-palette-search]")?.focus();
    if (target.id === "acting") target.querySelector(".card-body button, select")?.focus();
    if (this.picks) this.pick();
    this.show();
  }

  onChosen(node) {
    this.wanted = node;
    this.choose(node);
    this.openPanel(node);
  }

  choose(node) {
    if (node) this.dataset.chosen = node;
    else delete this.dataset.chosen;
    const page = this.dataset.page;
    history.replaceState(null, "", node ? `${page}?step=${encodeURIComponent(node)}` : page);
    this.mark();
  }

  mark() {
    for (const link of this.querySelectorAll(".flow-link")) {
      if (link.dataset.node === this.dataset.chosen) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  // A step that was just added is shown once the canvas has it.
  show() {
    const link = this.wanted && document.getElementById(`card-${this.wanted}`);
    if (!link) return;
    this.wanted = undefined;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "center", inline: "nearest" });
  }

  openPanel(node) {
    const panel = this.querySelector("#panel");
    if (node) htmx.ajax("GET", this.dataset.panel.replace("-node-", node), { target: panel, source: panel });
    else panel.replaceChildren(this.querySelector("[data-nothing]").content.cloneNode(true));
  }

  tellProblems() {
    const details = this.querySelector("#problems details");
    if (!details) return;
    details.open = true;
    details.querySelector("a")?.focus();
  }

  onKey(event) {
    if (event.target.closest(".palette")) this.onPalette(event);
    if (document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) this.onCommand(event);
    else if (!event.altKey && !isTyping(event.target)) this.onLetter(event);
  }

  onCommand(event) {
    const key = event.key.toLowerCase();
    if (key === "s") this.act(event, "save");
    else if (key === "z" && !isTyping(event.target)) this.act(event, event.shiftKey ? "redo" : "undo");
  }

  // "g" and a letter go to another page.
  onLetter(event) {
    const isGoing = event.timeStamp - (this.goingSince ?? -Infinity) < GO_WITHIN_MS;
    this.goingSince = event.key === "g" ? event.timeStamp : undefined;
    if (isGoing) return;
    if (event.key === "r") this.act(event, "run");
    if (event.key === "Escape" && this.dataset.chosen) this.onChosen("");
    const node = this.current(event);
    if (!node) return;
    const name = CSS.escape(node);
    if (event.key === "a") this.press(event, `[data-plus="${name}"]`);
    else if (event.key === "m") this.press(event, `#card-${name} ~ [data-acts]`);
    else if (event.key === "d") this.edit(event, "duplicate", node);
    else if (event.key === "Delete" || event.key === "Backspace") this.edit(event, "remove", node);
  }

  // Keys pressed in the panel are not meant for the step on the canvas.
  current(event) {
    if (event.target.closest("aside")) return undefined;
    return event.target.closest(".flow-link")?.dataset.node ?? this.dataset.chosen;
  }

  act(event, name) {
    this.press(event, `[data-act="${name}"]`);
  }

  press(event, selector) {
    const button = this.querySelector(selector);
    event.preventDefault();
    if (button && !button.disabled) button.click();
  }

  edit(event, act, node) {
    if (!this.querySelector("[data-act=save]")) return;
    event.preventDefault();
    const number = this.querySelector("#canvas").dataset.number;
    const values = { act, node, based_on: number };
    htmx.ajax("POST", this.dataset.edits, { values, source: this, swap: "none" });
  }
}

function isTyping(element) {
  return element.isContentEditable || /^(input|textarea|select)$/i.test(element.tagName);
}

customElements.define("flow-designer", FlowDesigner);
