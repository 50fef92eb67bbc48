import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { marketplace } from "../../marketplace/plugins";
import { offerFunctions } from "../grid/functions";
import type { OpenWorkbook } from "../OpenWorkbook";

/** Lets the grid complete the names of installed plugins' functions. */
export function useInstalledFunctions(open: OpenWorkbook) {
  const { data } = useQuery(marketplace);
  useEffect(() => {
    const installed = data?.plugins.filter(({ installed: isInstalled, loaded }) => isInstalled && loaded) ?? [];
    return offerFunctions(open.grid.api, installed);
  }, [open, data]);
}
