// <copy-button for="id"><button type="button">Copy</button></copy-button>: copies that element's text.

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
  }

  async handleEvent() {
    const source = document.getElementById(this.getAttribute("for"));
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    this.say("Copied");
  }

  say(text) {
    const label = this.querySelector("[data-label]");
    const before = this.dataset.before ?? label.textContent;
    this.dataset.before = before;
    label.textContent = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (label.textContent = before), 2000);
  }
}

customElements.define("copy-button", CopyButton);
