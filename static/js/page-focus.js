// Focuses the first invalid field after a page or a fragment with errors has arrived.

function focusFirstError(root) {
  root.querySelector?.("[aria-invalid=true]")?.focus();
}

focusFirstError(document);
document.addEventListener("htmx:afterSettle", (event) => focusFirstError(event.target));
