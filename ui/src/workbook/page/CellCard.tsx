import { Button, Stack, Text } from "@mantine/core";
import { type RefObject, useEffect, useRef, useState } from "react";
import { timeAgo } from "../../app/time";
import type { Plugin } from "../../marketplace/plugins";
import type { Kept } from "../cells/Cells";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "../WorkbookPage.module.css";
import { actFor } from "./actFor";
import { focusSheet } from "./useKeys";
import { useShown } from "./useOpenWorkbook";

interface Props {
  open: OpenWorkbook;
  host: RefObject<HTMLDivElement | null>;
  plugins: Plugin[];
  onConfigure: (slug: string) => void;
}

const PATIENCE_MS = 350;

/** Says of a cell where its number comes from, or why there is none and what to do. */
export function CellCard({ open, host, plugins, onConfigure }: Props) {
  const hovered = useShown(open, (shown) => shown.hovered);
  useShown(open, (shown) => shown.revision);
  const [shown, setShown] = useState<typeof hovered>();
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => setShown(hovered), hovered?.isAsked ? 0 : PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [hovered, isHeld]);
  useEffect(() => {
    const leave = () => open.shown.set({ hovered: undefined });
    const element = host.current;
    element?.addEventListener("pointerleave", leave);
    element?.addEventListener("wheel", leave, { passive: true });
    return () => {
      element?.removeEventListener("pointerleave", leave);
      element?.removeEventListener("wheel", leave);
    };
  }, [open, host]);
  const cell = shown && open.find(shown.sheet, shown.row, shown.column);
  if (!shown || !cell || !isExplained(cell)) return null;
  const close = () => {
    setHeld(false);
    setShown(undefined);
    open.shown.set({ hovered: undefined });
    if (shown.isAsked) focusSheet(host.current);
  };
  return (
    <Card
      key={`${shown.sheet} ${cell.cell}`}
      cell={cell}
      place={placeOf(open, host.current, cell)}
      isAsked={shown.isAsked === true}
      onHold={setHeld}
      onClose={close}
    >
      <Told open={open} cell={cell} plugins={plugins} onConfigure={onConfigure} onClose={close} />
    </Card>
  );
}

/** Whether there is more to say of a cell than it shows. */
export const isExplained = ({ state, connection, error }: Kept) =>
  state !== "ok" || connection !== undefined || error !== undefined;

interface CardProps {
  cell: Kept;
  place: { left: number; top: number };
  isAsked: boolean;
  onHold: (isHeld: boolean) => void;
  onClose: () => void;
  children: React.ReactNode;
}

function Card({ cell, place, isAsked, onHold, onClose, children }: CardProps) {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isAsked) (card.current?.querySelector("button") ?? card.current)?.focus();
  }, [isAsked]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      // Whoever types has read it.
      if (event.key === "Escape" || (!isAsked && event.key.length === 1)) onClose();
    };
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  }, [isAsked, onClose]);
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both of its roles may have a name
    // biome-ignore lint/a11y/noStaticElementInteractions: the pointer may rest on the card that it called up
    <div
      ref={card}
      className={css.card}
      style={place}
      role={isAsked ? "dialog" : "tooltip"}
      aria-label={`About ${cell.cell}`}
      tabIndex={-1}
      onMouseEnter={() => onHold(true)}
      onMouseLeave={() => !isAsked && onClose()}
    >
      {children}
    </div>
  );
}

type ToldProps = Omit<Props, "host"> & { cell: Kept; onClose: () => void };

function Told({ open, cell, plugins, onConfigure, onClose }: ToldProps) {
  const act = actFor(open, cell, plugins, onConfigure);
  const name = plugins.find(({ slug }) => slug === cell.connection?.plugin)?.name ?? cell.connection?.plugin;
  return (
    <Stack gap={6}>
      <Text size="sm" fw={650}>
        {headline(cell)}
      </Text>
      {cell.error?.detail && <Text size="sm">{cell.error.detail}</Text>}
      {cell.error?.retry_at && <Text size="sm">{`Tried again at ${timeOf(cell.error.retry_at)}.`}</Text>}
      {name && (
        <Text size="xs" c="dimmed">
          {`${whose(open, cell)} ${name} connection`}
          {cell.fetched_at && `, ${cell.state === "error" ? "asked" : "fetched"} ${timeAgo(cell.fetched_at)}`}
        </Text>
      )}
      {act?.sentence && <Text size="sm">{act.sentence}</Text>}
      {act?.label && (
        <Button
          size="xs"
          mt={4}
          w="fit-content"
          onClick={() => {
            onClose();
            act.run?.();
          }}
        >
          {act.label}
        </Button>
      )}
    </Stack>
  );
}

export function headline({ error, state, input }: Kept): string {
  if (error) return error.title;
  if (state === "loading") return "Asked, not answered yet";
  return state === "stale" ? "Not up to date" : input;
}

function whose(open: OpenWorkbook, { connection }: Kept): string {
  return open.shown.get().workbook?.role === "owner" ? "Your" : `${connection?.owner_email}'s`;
}

const timeOf = (moment: string) => new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

const WIDTH = 320;
const HEIGHT = 180;

/** Under the cell, or beside it where the window ends. */
function placeOf(open: OpenWorkbook, host: HTMLElement | null, { sheet, row, column }: Kept) {
  const canvas = host?.querySelector("canvas[id^=univer-sheet-main]")?.getBoundingClientRect();
  const cell = open.view.sheetOf(sheet)?.getRange(row, column).getCellRect();
  const left = (canvas?.left ?? 0) + (cell?.left ?? 0);
  const bottom = (canvas?.top ?? 0) + (cell?.bottom ?? 0);
  const isLow = bottom + HEIGHT > window.innerHeight;
  return {
    left: Math.max(8, Math.min(isLow ? left + (cell?.width ?? 0) + 6 : left, window.innerWidth - WIDTH - 16)),
    top: Math.max(8, isLow ? window.innerHeight - HEIGHT - 48 : bottom + 4),
  };
}
