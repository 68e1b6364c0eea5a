// <row-list>: rows of inputs. An empty one follows as soon as the last is filled in; each can be removed.

class RowList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this);
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("input", this);
    this.removeEventListener("click", this);
  }

  handleEvent(event) {
    if (event.type === "input") this.grow(event.target.closest("[data-row]"));
    else if (event.target.closest("[data-remove]")) this.remove_(event.target.closest("[data-row]"));
  }

  grow(row) {
    const rows = this.querySelectorAll("[data-row]");
    if (row !== rows[rows.length - 1] || !isFilled(row)) return;
    row.after(emptied(row));
  }

  remove_(row) {
    const rows = [...this.querySelectorAll("[data-row]")];
    const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    if (rows.length === 1) row.replaceWith(emptied(row));
    else row.remove();
    (next?.isConnected ? next : this).querySelector("input, select")?.focus();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function isFilled(row) {
  return [...row.querySelectorAll("input, textarea")].some((control) => control.value.trim() !== "");
}

function emptied(row) {
  const copy = row.cloneNode(true);
  for (const popup of copy.querySelectorAll("[data-popup]")) popup.remove();
  for (const control of copy.querySelectorAll("input, textarea")) {
    control.value = "";
    control.removeAttribute("value");
    for (const name of ["role", "aria-expanded", "aria-controls", "aria-activedescendant"]) control.removeAttribute(name);
  }
  for (const select of copy.querySelectorAll("select")) select.selectedIndex = 0;
  return copy;
}

customElements.define("row-list", RowList);
