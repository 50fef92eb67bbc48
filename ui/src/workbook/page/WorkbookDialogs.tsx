import { useQuery } from "@tanstack/react-query";
import { lazy, type RefObject, Suspense, useState } from "react";
import { useVisitor } from "../../accounts/whoAmI";
import { marketplace, type Plugin } from "../../marketplace/plugins";
import type { OpenWorkbook } from "../OpenWorkbook";
import { CellCard } from "./CellCard";
import { useInstalledFunctions } from "./useInstalledFunctions";
import { focusSheet } from "./useKeys";

const ConfigureDialog = lazy(async () => ({
  default: (await import("../../plugin-secrets/ConfigureDialog")).ConfigureDialog,
}));

/** What opens over the grid: the card of a cell, and from there the settings of its plugin. */
export function WorkbookDialogs({ open, host }: { open: OpenWorkbook; host: RefObject<HTMLDivElement | null> }) {
  const { data } = useQuery(marketplace);
  const { mode } = useVisitor();
  const [slug, setSlug] = useState<string>();
  useInstalledFunctions(open);
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
