import type { FUniver } from "@univerjs/core/facade";
import type { FWorkbook } from "@univerjs/sheets/facade";
import type { OpenWorkbook } from "../../OpenWorkbook";
import type { Clip } from "./clip";
import { readTable } from "./readTable";
import { readText } from "./readText";

const BY_KEY = "sheet.command.paste-by-short-key";
const BY_MENU = "univer.command.paste";
const VALUES = "special-paste-value";
const FORMATS = "special-paste-format";

interface Copied {
  html: string;
  text: string;
}

/**
 * Pastes what comes from elsewhere; what was copied in this grid the grid pastes itself.
 *
 * The grid's own reading of copied pages needs style elements, which the page's policy forbids, and keeps less.
 */
export function followPaste(api: FUniver, workbook: FWorkbook, open: OpenWorkbook): { dispose(): void } {
  return api.addEvent(api.Event.BeforeCommandExecute, (event) => {
    const params = (event.params ?? {}) as { htmlContent?: string; textContent?: string; value?: string; own?: true };
    if (workbook.isCellEditing() || params.own) return;
    if (event.id === BY_KEY) {
      const copied = { html: params.htmlContent ?? "", text: params.textContent ?? "" };
      if (open.grid.isOwnCopy(copied.html) && !open.isViewer) return;
      event.cancel = true;
      paste(open, copied);
    } else if (event.id === BY_MENU) {
      event.cancel = true;
      void pasteByMenu(api, open, params.value);
    }
  });
}

async function pasteByMenu(api: FUniver, open: OpenWorkbook, value: string | undefined): Promise<void> {
  const copied = await readClipboard();
  if (!copied) open.refuse("This browser does not let the page read the clipboard. Press Ctrl+V instead.");
  else if (open.grid.isOwnCopy(copied.html) && !open.isViewer) api.executeCommand(BY_MENU, { value, own: true });
  else paste(open, copied, value);
}

async function readClipboard(): Promise<Copied | undefined> {
  try {
    const [item] = await navigator.clipboard.read();
    const read = async (type: string) => (item?.types.includes(type) ? (await item.getType(type)).text() : "");
    return { html: await read("text/html"), text: await read("text/plain") };
  } catch {
    return undefined;
  }
}

function paste(open: OpenWorkbook, { html, text }: Copied, value?: string): void {
  const clip = (html && readTable(html)) || (text && readText(text));
  if (clip) open.paste(only(clip, value));
}

function only(clip: Clip, value: string | undefined): Clip {
  return value === VALUES || value === FORMATS ? { ...clip, merges: [], hasLooks: value === FORMATS } : clip;
}
