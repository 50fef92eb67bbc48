import { ILogService, LocaleService } from "@univerjs/core";
import { BrowserClipboardService, INotificationService } from "@univerjs/ui";

/**
 * The clipboard as the grid uses it, but for writing tables.
 *
 * Those are written by us through a copy event: a browser takes the page then as it is, while the newer way cleans it,
 * which the page's policy forbids, and drops what other spreadsheets look for.
 */
export class SystemClipboard extends BrowserClipboardService {
  /** What the selection is as text and as a page, given the id by which the grid knows its own copies. */
  contents: ((id: string) => { text: string; html: string } | undefined) | undefined;

  override async write(text: string, html: string): Promise<void> {
    const own = this.contents?.(copyId(html) ?? "") ?? { text, html };
    const put = (event: ClipboardEvent) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      event.clipboardData?.setData("text/plain", own.text);
      event.clipboardData?.setData("text/html", own.html);
    };
    document.addEventListener("copy", put, { capture: true, once: true });
    const isDone = document.execCommand("copy");
    document.removeEventListener("copy", put, { capture: true });
    if (!isDone) await this.writeText(own.text);
  }
}

/** How the grid makes one. */
export const systemClipboard = {
  useClass: SystemClipboard,
  deps: [LocaleService, ILogService, INotificationService],
};

export const copyId = (html: string) => /data-copy-id="([^"]+)"/.exec(html)?.[1];
