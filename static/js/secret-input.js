// <secret-input><input type="password"><button>Show</button></secret-input>: shows what is being typed.

class SecretInput extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input, textarea");
    this.button = this.querySelector("button");
    this.button.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.button.removeEventListener("click", this);
  }

  handleEvent() {
    const isHidden = this.input.type === "password";
    this.input.type = isHidden ? "text" : "password";
    this.button.setAttribute("aria-pressed", String(isHidden));
    this.input.focus();
  }
}

customElements.define("secret-input", SecretInput);
