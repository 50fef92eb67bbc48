/** What the grid's own tools are called; it draws them as pictures alone. */
const NAMES: Record<string, string> = {
  "[data-u-command='sheet.command.clear-selection-format']": "Clear format",
  "[data-u-command='sheet.command.set-range-fontsize']": "Font size",
  "[data-u-command='sheet.command.set-range-font-increase']": "Larger text",
  "[data-u-command='sheet.command.set-range-font-decrease']": "Smaller text",
  "[data-u-command='sheet.command.set-range-bold']": "Bold",
  "[data-u-command='sheet.command.set-range-italic']": "Italic",
  "[data-u-command='sheet.command.set-range-underline']": "Underline",
  "[data-u-command='sheet.command.set-range-stroke']": "Strikethrough",
  "[data-u-command='sheet.command.set-range-text-color']": "Text colour",
  "[data-u-command='sheet.command.set-background-color']": "Fill colour",
  "[data-u-command='sheet.command.set-horizontal-text-align']": "Horizontal alignment",
  "[data-u-command='sheet.command.set-vertical-text-align']": "Vertical alignment",
  "[data-u-command='sheet.command.set-text-wrap']": "Text wrapping",
  "[data-u-command='sheet.command.add-worksheet-merge']": "Merge cells",
  "[data-u-command='sheet.operation.open.numfmt.panel']": "Number format",
  "[data-u-command='sheet.command.numfmt.set.percent']": "Percent",
  "[data-u-command='sheet.command.numfmt.set.currency']": "Currency",
  "[data-u-command='sheet.command.numfmt.add.decimal.command']": "More decimals",
  "[data-u-command='sheet.command.numfmt.subtract.decimal.command']": "Fewer decimals",
  "[data-u-command='base-ui.operation.toggle-shortcut-panel']": "Keyboard shortcuts",
  "[data-u-comp=ribbon-toolbar] [data-u-comp=input] input": "Font size",
  "[data-u-comp=defined-name] input, input[value='A1'], .univer-pl-1\\.5": "Name box",
  "[data-slot=dropdown-menu-trigger] [data-u-comp=sheet-bar-append-button]": "All sheets",
  "[data-u-comp=sheet-bar-append-button]": "Add a sheet",
  "[role=slider]": "Zoom",
};

/** Gives a picture its name and an element its true role, also in parts that are drawn later. The result ends that. */
export function nameTools(container: HTMLElement): () => void {
  const name = () => {
    for (const [selector, label] of Object.entries(NAMES)) {
      for (const tool of container.querySelectorAll(selector)) tell(tool, "aria-label", tool.ariaLabel ?? label);
    }
    correct(container);
  };
  const watching = new MutationObserver(name);
  watching.observe(container, { childList: true, subtree: true });
  name();
  return () => watching.disconnect();
}

/** Roles and orders that no browser knows, and buttons that are none. */
function correct(container: HTMLElement): void {
  for (const track of container.querySelectorAll("[role=track], [role=handle]")) track.removeAttribute("role");
  for (const canvas of container.querySelectorAll("canvas[tabindex='1']")) tell(canvas, "tabindex", "-1");
  for (const opener of container.querySelectorAll("[aria-haspopup]:not(button)")) {
    // What holds a field or a button cannot be a button itself.
    if (!opener.querySelector("button, input")) tell(opener, "role", "button");
    else for (const claim of ["aria-haspopup", "aria-expanded"]) opener.removeAttribute(claim);
  }
  for (const button of container.querySelectorAll("button, [role=button]")) {
    if (!button.textContent?.trim() && !button.ariaLabel) tell(button, "aria-label", guess(button));
  }
}

/** Tools without a mark of their own are known by where they stand. */
function guess(button: Element): string {
  if (button.closest("[data-u-comp=ribbon-toolbar]")) return "More tools";
  const slider = button.parentElement?.querySelector(".univer-h-0\\.5");
  if (!slider) return "Show more";
  return button.compareDocumentPosition(slider) & Node.DOCUMENT_POSITION_FOLLOWING ? "Zoom out" : "Zoom in";
}

/** Only what is not so already: every change is observed again. */
function tell(element: Element, attribute: string, value: string): void {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}
