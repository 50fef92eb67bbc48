import { TextInput } from "@mantine/core";
import { type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import { cellAddress, type Place } from "../cells/address";
import { Pending } from "../live/pending";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "./TableView.module.css";
import { useShown } from "./useOpenWorkbook";

interface Props {
  ref: RefObject<HTMLInputElement | null>;
  open: OpenWorkbook;
  sheet: string;
  place: Place;
  /** The same for as long as the place is that of one cell, wherever the cell goes. */
  turn: number;
  /** Enter was pressed: go on to the cell below. */
  onDown: () => void;
}

/** What the selected cell holds, to be read and changed. */
export function CellInput({ ref, open, sheet, place, turn, onDown }: Props) {
  const waiting = useShown(open, (shown) => shown.waiting);
  const closed = useShown(open, (shown) => shown.closed);
  const [draft, setDraft] = useState<{ turn: number; text: string }>();
  const cell = cellAddress(place);
  const pending = new Pending(open.line.pending.flatMap(({ edits }) => edits));
  const held = pending.inputAfter(sheet, place, open.cells.find(sheet, place)?.input ?? "");
  const isTyping = draft?.turn === turn;
  const text = isTyping ? draft.text : held;
  const lost = isTyping ? undefined : draft?.text;

  // Whoever goes to another cell has left this one, and so ended typing: this cell itself is gone.
  useEffect(() => {
    if (lost === undefined) return;
    setDraft(undefined);
    open.giveBack(lost);
  }, [lost, open]);
  const commit = () => {
    setDraft(undefined);
    if (text === held) return;
    open.edit([text ? { op: "set", sheet, cell, input: text } : { op: "clear", sheet, range: cell }]);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") setDraft(undefined);
    if (event.key !== "Enter") return;
    commit();
    onDown();
  };
  return (
    <TextInput
      ref={ref}
      className={css.input}
      label={cell}
      aria-label={`What ${cell} holds`}
      description={waiting > 0 ? "Not saved yet" : undefined}
      inputWrapperOrder={["label", "input", "description"]}
      autoComplete="off"
      spellCheck={false}
      readOnly={open.isViewer || closed !== undefined}
      value={text}
      onChange={(event) => setDraft({ turn, text: event.currentTarget.value })}
      onBlur={commit}
      onKeyDown={press}
    />
  );
}
