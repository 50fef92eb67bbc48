import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { createGrid } from "../grid/createGrid";
import { OpenWorkbook, type Shown } from "../OpenWorkbook";

/** Opens a workbook inside the element it gives a ref for, as long as the component is shown. */
export function useOpenWorkbook(id: string, me: string) {
  const host = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<OpenWorkbook>();
  useEffect(() => {
    // A new element each time: the grid leaves its own tree in it until a moment after it is disposed of.
    const container = document.createElement("div");
    container.className = "grid-host";
    host.current?.append(container);
    const opened = new OpenWorkbook(id, me, createGrid(container));
    setOpen(opened);
    return () => {
      opened.leave();
      setTimeout(() => container.remove(), 0);
    };
  }, [id, me]);
  const scheme = useComputedColorScheme("light");
  useEffect(() => open?.grid.api.toggleDarkMode(scheme === "dark"), [open, scheme]);
  return { host, open };
}

/** What the page around the grid shows, drawn again whenever it changes. */
export function useShown<Part>(open: OpenWorkbook, part: (shown: Shown) => Part): Part {
  return useSyncExternalStore(open.shown.watch, () => part(open.shown.get()));
}
