// <step-reveal></step-reveal> in a panel: brings it into view when it was swapped for a link further up the page.

class StepReveal extends HTMLElement {
  connectedCallback() {
    const panel = this.closest("section");
    const isAsked = this.ownerDocument.activeElement?.matches(".trace-link");
    if (isAsked && panel.getBoundingClientRect().top > window.innerHeight * 0.7) panel.scrollIntoView();
  }
}

customElements.define("step-reveal", StepReveal);
