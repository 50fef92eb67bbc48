import type { MenuConfig } from "@univerjs/ui";

/** Tools whose outcome the server does not keep. A tool that forgets is worse than none. */
const COMMANDS = [
  "sheet.command.set-border-basic",
  "sheet.command.set-border",
  "sheet.command.set-text-rotation",
  "sheet.command.set-range-font-family",
  "sheet.command.set-range-subscript",
  "sheet.command.set-range-superscript",
  "sheet.command.set-once-format-painter",
  "sheet.command.set-infinite-format-painter",
  "sheet.command.toggle-gridlines",
  "sheet.command.set-tab-color",
  "sheet.command.set-worksheet-hidden",
  "sheet.command.set-worksheet-show",
  "sheet.command.copy-sheet",
  "sheet.command.change-sheet-protection-from-sheet-bar",
  "sheet.command.view-sheet-permission-from-sheet-bar",
  "sheet.command.add-range-protection-from-toolbar",
  "sheet.command.add-range-protection-from-context-menu",
  "sheet.command.add-range-protection-from-sheet-bar",
  "sheet.command.set-range-protection-from-context-menu",
  "sheet.command.delete-range-protection-from-context-menu",
  "sheet.command.delete-worksheet-protection-from-sheet-bar",
  "sheet.command.view-sheet-permission-from-context-menu",
  "sheet.contextMenu.permission",
  "sheet.header-menu.set-range-protection",
  "sheet.command.move-range",
  "sheet.menu.cell-insert",
  "sheet.command.insert-range-move-right-confirm",
  "sheet.command.insert-range-move-down-confirm",
  "sheet.command.delete-range-move-left-confirm",
  "sheet.command.delete-range-move-up-confirm",
  "sheet.command.split-text-to-columns",
];

export const hiddenTools: MenuConfig = Object.fromEntries(COMMANDS.map((id) => [id, { hidden: true }]));
