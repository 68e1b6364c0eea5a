// <auto-submit><form>…</form></auto-submit>: sends a filter form as soon as a select or a date changes.

class AutoSubmit extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this);
  }

  disconnectedCallback() {
    this.removeEventListener("change", this);
  }

  handleEvent(event) {
    if (event.target.matches("select, input[type=date]")) this.querySelector("form").requestSubmit();
  }
}

customElements.define("auto-submit", AutoSubmit);
