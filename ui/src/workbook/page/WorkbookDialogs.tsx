import { useQuery } from "@tanstack/react-query";
import { lazy, type RefObject, Suspense, useEffect, useState } from "react";
import { useVisitor } from "../../accounts/whoAmI";
import { marketplace, type Plugin } from "../../marketplace/plugins";
import type { OpenWorkbook } from "../OpenWorkbook";
import { CellCard } from "./CellCard";
import { useInstalledFunctions } from "./useInstalledFunctions";
import { focusSheet } from "./useKeys";
import { useShown } from "./useOpenWorkbook";

const ConfigureDialog = lazy(async () => ({
  default: (await import("../../plugin-secrets/ConfigureDialog")).ConfigureDialog,
}));

/** What opens over the grid: the card of a cell, and from there the settings of its plugin. */
export function WorkbookDialogs({ open, host }: { open: OpenWorkbook; host: RefObject<HTMLDivElement | null> }) {
  const { data } = useQuery(marketplace);
  const { mode } = useVisitor();
  const [slug, setSlug] = useState<string>();
  useInstalledFunctions(open);
  useWayBack(open, host);
  const close = () => {
    setSlug(undefined);
    // The card it was opened from is gone; its cell is still selected.
    setTimeout(() => focusSheet(host.current), 0);
  };
  const plugins = (data?.plugins ?? []) as unknown as Plugin[];
  return (
    <>
      <CellCard open={open} host={host} plugins={plugins} onConfigure={setSlug} />
      {slug !== undefined && (
        <Suspense>
          <ConfigureDialog plugin={plugins.find((plugin) => plugin.slug === slug)} mode={mode} onClose={close} />
        </Suspense>
      )}
    </>
  );
}

/** Whoever has found what they looked for goes on there. */
function useWayBack(open: OpenWorkbook, host: RefObject<HTMLDivElement | null>) {
  const isFinding = useShown(open, (shown) => shown.isFinding);
  useEffect(() => {
    if (!isFinding) return;
    return () => void setTimeout(() => focusSheet(host.current), 0);
  }, [isFinding, host]);
}
