// <pop-menu><details>…</details></pop-menu>: closes the menu by Escape, by a click elsewhere, on leaving.

class PopMenu extends HTMLElement {
  connectedCallback() {
    this.details = this.querySelector("details");
    this.abort = new AbortController();
    const { signal } = this.abort;
    document.addEventListener("click", (event) => this.closeUnlessInside(event.target), { signal });
    this.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.addEventListener("focusout", (event) => this.onLeave(event), { signal });
  }

  disconnectedCallback() {
    this.abort.abort();
  }

  closeUnlessInside(target) {
    if (!this.contains(target)) this.details.open = false;
  }

  onLeave(event) {
    if (event.relatedTarget) this.closeUnlessInside(event.relatedTarget);
  }

  onKey(event) {
    if (event.key === "Escape" && this.details.open) this.close();
    if (event.key === "ArrowDown") this.move(event, 1);
    if (event.key === "ArrowUp") this.move(event, -1);
  }

  close() {
    this.details.open = false;
    this.details.querySelector("summary").focus();
  }

  move(event, by) {
    const items = [...this.querySelectorAll(".menu-item")];
    if (!this.details.open || items.length === 0) return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement);
    items[(at + by + items.length) % items.length].focus();
  }
}

customElements.define("pop-menu", PopMenu);
