// <page-address path="/…/">: the address bar shows that page, so that a reload opens it and posts nothing again.

class PageAddress extends HTMLElement {
  connectedCallback() {
    history.replaceState(history.state, "", this.getAttribute("path"));
  }
}

customElements.define("page-address", PageAddress);
