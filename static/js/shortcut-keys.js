// <shortcut-keys>: "/" focuses the page's search, "?" lists the keys, "g" then a letter goes to a page.

const GO_WITHIN_MS = 1200;

class ShortcutKeys extends HTMLElement {
  connectedCallback() {
    this.abort = new AbortController();
    document.addEventListener("keydown", (event) => this.onKey(event), { signal: this.abort.signal });
  }

  disconnectedCallback() {
    this.abort.abort();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "/") this.search(event);
    else if (event.key === "?") this.querySelector("dialog").showModal();
    else if (event.key === "g") this.goingSince = event.timeStamp;
    else if (event.timeStamp - (this.goingSince ?? -Infinity) < GO_WITHIN_MS) this.go(event.key);
  }

  search(event) {
    const input = document.querySelector("[data-search]");
    if (!input) return;
    event.preventDefault();
    input.focus();
    input.select();
  }

  go(key) {
    this.goingSince = undefined;
    document.querySelector(`a[data-key="${CSS.escape(key)}"]`)?.click();
  }
}

function isTyping(element) {
  return element.isContentEditable || /^(input|textarea|select)$/i.test(element.tagName);
}

customElements.define("shortcut-keys", ShortcutKeys);
