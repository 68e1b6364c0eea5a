// <field-conditions>: shows a field only while the fields that its data-when names have one of the listed
// values, and a choice's warning (data-warnings) beneath it. The server decides again.

class FieldConditions extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this);
    this.handleEvent();
  }

  disconnectedCallback() {
    this.removeEventListener("input", this);
  }

  handleEvent() {
    for (const control of this.querySelectorAll("[data-when]")) this.showOrHide(control);
    for (const select of this.querySelectorAll("[data-warnings]")) warn(select);
  }

  showOrHide(control) {
    const conditions = Object.entries(JSON.parse(control.dataset.when));
    const matters = conditions.every(([name, allowed]) => allowed.includes(this.current(name)));
    control.closest(".field").hidden = !matters;
  }

  current(name) {
    const controls = [...this.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const chosen = controls.find((control) => control.type !== "radio" || control.checked);
    return chosen?.value ?? "";
  }
}

function warn(select) {
  const warning = JSON.parse(select.dataset.warnings)[select.value] ?? "";
  const note = select.closest(".field").querySelector("[data-note]");
  note.textContent = warning;
  note.hidden = !warning;
}

customElements.define("field-conditions", FieldConditions);
