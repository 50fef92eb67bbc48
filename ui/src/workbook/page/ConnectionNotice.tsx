import { useQueryClient } from "@tanstack/react-query";
import { type RefObject, useEffect } from "react";
import { marketplace, useRefused } from "../../marketplace/plugins";
import { RefusedNotice } from "../../plugin-secrets/RefusedNotice";
import type { Workbook } from "../live/frames";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "../WorkbookPage.module.css";
import { focusSheet } from "./useKeys";
import { useShown } from "./useOpenWorkbook";

interface Props {
  open: OpenWorkbook;
  workbook: Workbook;
  host: RefObject<HTMLDivElement | null>;
}

/** Tells an owner that a service this workbook asks refuses the connection. Others can do nothing about it. */
export function ConnectionNotice({ open, workbook, host }: Props) {
  // Whoever is signed out meanwhile reads that here; a question would lead away from what is not saved.
  const isClosed = useShown(open, ({ closed }) => closed !== undefined);
  if (workbook.role !== "owner" || isClosed) return null;
  return <OwnersNotice open={open} workbook={workbook} host={host} />;
}

function OwnersNotice({ open, workbook, host }: Props) {
  useNewsOfAnswers(open);
  const isUsed = (slug: string) =>
    workbook.sheets.some(({ name }) => [...open.cells.of(name)].some(({ connection }) => connection?.plugin === slug));
  return (
    <RefusedNotice
      className={css.banner}
      matters={isUsed}
      onClosed={() => setTimeout(() => focusSheet(host.current), 0)}
    />
  );
}

const A_MOMENT = 2_000;

/** Looks how the connections stand a moment after the workbook opened, and after an answer that may have changed it. */
function useNewsOfAnswers(open: OpenWorkbook) {
  const queries = useQueryClient();
  const { data: refused } = useRefused();
  const isRefused = (refused?.length ?? 0) > 0;
  const news = useShown(open, ({ arrived }) => (isRefused ? arrived.answers : arrived.troubles));
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever the news are, there are some
  useEffect(() => {
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: marketplace.queryKey }), A_MOMENT);
    return () => clearTimeout(timer);
  }, [news, queries]);
}
