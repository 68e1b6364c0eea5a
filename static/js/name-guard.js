// <name-guard name="Stripe">: its submit button waits until the input holds that name. The server checks too.

class NameGuard extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input:not([type=hidden])");
    this.button = this.querySelector("button[type=submit]");
    this.addEventListener("input", this);
    this.handleEvent();
  }

  disconnectedCallback() {
    this.removeEventListener("input", this);
  }

  handleEvent() {
    this.button.disabled = this.input.value.trim() !== this.getAttribute("name");
  }
}

customElements.define("name-guard", NameGuard);
