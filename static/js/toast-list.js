// <toast-list>: messages after an act; good news leaves by itself, the rest waits to be dismissed.

const GONE_AFTER_MS = 6000;

class ToastList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
    for (const toast of this.querySelectorAll("[data-passing]")) this.retire(toast);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
  }

  handleEvent(event) {
    event.target.closest("[data-dismiss]")?.closest(".toast").remove();
  }

  retire(toast) {
    setTimeout(() => {
      if (toast.matches(":hover, :focus-within")) this.retire(toast);
      else toast.remove();
    }, GONE_AFTER_MS);
  }
}

customElements.define("toast-list", ToastList);
