import { notifications } from "@mantine/notifications";
import { useEffect } from "react";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "../WorkbookPage.module.css";
import { ToWorkbooks } from "./Opening";
import { SignInAgain } from "./SignInAgain";
import { useShown } from "./useOpenWorkbook";

/** Says that the workbook is cut off or closed, and that an edit was not accepted. */
export function Interruption({ open }: { open: OpenWorkbook }) {
  const standing = useShown(open, (shown) => shown.standing);
  const waiting = useShown(open, (shown) => shown.waiting);
  const closed = useShown(open, (shown) => shown.closed);
  useWarningBeforeLeaving(waiting > 0 && standing !== "closed");
  useRefusals(open);
  if (closed) {
    return (
      <div className={css.banner} role="alert">
        {closed.message} {waiting > 0 ? unsavedSentence(waiting) : "Nothing here is saved any more."}{" "}
        {closed.isSignedOut ? <SignInAgain /> : <ToWorkbooks />}
      </div>
    );
  }
  if (standing !== "offline") return null;
  return (
    <div className={css.banner} role="status">
      {`Offline. ${waitingSentence(waiting)} Trying to reach GridOS again …`}
    </div>
  );
}

const unsavedSentence = (waiting: number) =>
  waiting === 1 ? "Your last edit was not saved." : `Your last ${waiting} edits were not saved.`;

function waitingSentence(waiting: number): string {
  if (waiting === 0) return "What you type is kept and sent later.";
  return waiting === 1 ? "1 edit waiting." : `${waiting} edits waiting.`;
}

function useWarningBeforeLeaving(isUnsaved: boolean) {
  useEffect(() => {
    if (!isUnsaved) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isUnsaved]);
}

function useRefusals(open: OpenWorkbook) {
  const refusal = useShown(open, (shown) => shown.refusal);
  useEffect(() => {
    if (!refusal) return;
    const { message, stays } = refusal;
    notifications.show({ color: "red", title: "Not changed", message, autoClose: stays ? false : 8000 });
  }, [refusal]);
}
