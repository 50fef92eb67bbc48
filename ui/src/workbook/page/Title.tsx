import { type KeyboardEvent, useState } from "react";
import { tellFailed } from "../../app/telling";
import { useWorkbookActs } from "../../workbooks/workbooks";
import type { Workbook } from "../live/frames";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "../WorkbookPage.module.css";

/** The title; the owner types another one in its place. */
export function Title({ open, workbook }: { open: OpenWorkbook; workbook: Workbook }) {
  const { id, title, role } = workbook;
  const acts = useWorkbookActs();
  const [draft, setDraft] = useState<string>();
  const rename = async () => {
    const wanted = draft?.trim();
    setDraft(undefined);
    if (!wanted || wanted === title) return;
    try {
      await acts.rename(id, wanted);
      open.shown.set({ workbook: { ...workbook, title: wanted } });
    } catch (error) {
      tellFailed("The title stays as it was", error);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") void rename();
    if (event.key === "Escape") setDraft(undefined);
  };
  if (role !== "owner")
    return (
      <h1>
        <span className={css.title}>{title}</span>
      </h1>
    );
  if (draft === undefined) {
    return (
      <h1>
        <button type="button" className={css.title} onClick={() => setDraft(title)} title="Rename">
          {title}
        </button>
      </h1>
    );
  }
  return (
    <input
      className={css.title}
      aria-label="Title"
      value={draft}
      // biome-ignore lint/a11y/noAutofocus: whoever asked to rename types next
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => void rename()}
      onKeyDown={onKeyDown}
    />
  );
}
