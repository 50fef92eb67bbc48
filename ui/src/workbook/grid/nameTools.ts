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
  "[data-u-comp=ribbon-toolbar] [data-u-comp=input] input": "Font size",
  "[data-u-comp=defined-name] input, input[value='A1'], .univer-pl-1\\.5": "Name box",
  "[data-slot=dropdown-menu-trigger] [data-u-comp=sheet-bar-append-button]": "All sheets",
  "[data-u-comp=sheet-bar-append-button]": "Add a sheet",
  "[role=slider]": "Zoom",
  "[data-u-comp=search-input]": "Find",
  "[data-u-comp=pager-left-arrow]": "Last hit",
  "[data-u-comp=pager-right-arrow]": "Next hit",
};

/** Where the grid puts its dialogs. */
const DIALOGS = "body > [role=dialog]";

/** Gives a picture its name and an element its true role, also in parts that are drawn later. The result ends that. */
export function nameTools(container: HTMLElement): () => void {
  const watching = new MutationObserver(() => name());
  const name = () => {
    for (const part of [container, ...document.querySelectorAll(DIALOGS)]) {
      nameIn(part);
      correct(part);
      // In a dialog, what is chosen is a part of a name; in the grid texts change all the time.
      watching.observe(part, { childList: true, subtree: true, characterData: part !== container });
    }
  };
  watching.observe(document.body, { childList: true });
  name();
  return () => watching.disconnect();
}

function nameIn(part: Element): void {
  for (const [selector, label] of Object.entries(NAMES)) {
    for (const tool of part.querySelectorAll(selector)) tell(tool, "aria-label", tool.ariaLabel ?? label);
  }
}

/** Roles and orders that no browser knows, and buttons that are none. */
function correct(container: Element): void {
  for (const track of container.querySelectorAll("[role=track], [role=handle]")) track.removeAttribute("role");
  for (const canvas of container.querySelectorAll("canvas[tabindex='1']")) tell(canvas, "tabindex", "-1");
  for (const opener of container.querySelectorAll("[aria-haspopup]:not(button)")) {
    // What holds a field or a button cannot be a button itself.
    if (!opener.querySelector("button, input")) tell(opener, "role", "button");
    else for (const claim of ["aria-haspopup", "aria-expanded"]) opener.removeAttribute(claim);
  }
  for (const form of container.querySelectorAll("[data-u-comp=form-layout]")) nameField(form);
  for (const link of container.querySelectorAll<HTMLElement>("a:not([href])")) makeButton(link);
  for (const button of container.querySelectorAll("button, [role=button]")) {
    if (!button.textContent?.trim() && !button.ariaLabel) tell(button, "aria-label", guess(button));
  }
}

/** A field whose label only stands above it. A choice is read with what is chosen, and can be reached with Tab. */
function nameField(form: Element): void {
  const label = form.firstElementChild?.textContent ?? "";
  const choice = form.querySelector("[data-u-comp=select]");
  if (choice) {
    tell(choice, "aria-label", `${label}: ${choice.textContent}`);
    tell(choice, "tabindex", "0");
  } else {
    const field = form.querySelector("[data-u-comp=input] input");
    if (field) tell(field, "aria-label", label);
  }
}

/** A link that leads nowhere. */
function makeButton(link: HTMLElement): void {
  if (link.role === "button") return;
  link.role = "button";
  link.tabIndex = 0;
  link.addEventListener("keydown", ({ key }) => {
    if (key === "Enter" || key === " ") link.click();
  });
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
