// <new-connection><a target="_blank">…</a><dialog>…</dialog></new-connection>: the link opens a tab of its own,
// the dialog asks for the connection made there, and closes when the step has taken it.

class NewConnection extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.addEventListener("click", (event) => this.onClick(event), { signal });
    this.addEventListener("htmx:afterSwap", () => this.onArrival(), { signal });
    this.dialog.addEventListener("close", () => this.place.replaceChildren(), { signal });
  }

  disconnectedCallback() {
    this.abort.abort();
  }

  get place() {
    return this.querySelector("[data-arrival]");
  }

  onClick(event) {
    if (event.target.closest("[data-close]")) this.dialog.close();
    else if (event.target.closest("button[name=choose_connection]")) this.dialog.close();
    else if (event.target.closest("a") && !this.dialog.open) this.open();
  }

  open() {
    this.dialog.showModal();
    window.htmx.ajax("GET", this.place.dataset.url, { target: this.place, swap: "innerHTML" });
  }

  onArrival() {
    if (this.querySelector("[data-arrived]")) setTimeout(() => this.dialog.open && this.dialog.close(), 1500);
  }
}

customElements.define("new-connection", NewConnection);
