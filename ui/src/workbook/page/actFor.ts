import { client } from "../../app/api";
import { tellDone, tellFailed } from "../../app/telling";
import type { Plugin } from "../../marketplace/plugins";
import type { Kept } from "../cells/Cells";
import type { OpenWorkbook } from "../OpenWorkbook";
import { refresh } from "./RefreshMenu";

/** The one thing to do about a cell: a button, or a sentence when it is somebody else's to do. */
export interface Act {
  label?: string;
  sentence?: string;
  run?: () => void;
}

const NEEDS_SETTINGS = /_(AUTH|FORBIDDEN)!$|^#VAULT!$/;
const MAY_PASS = /_(OFFLINE|429|RATE_LIMIT|ERROR|5\d\d)!$|^#QUOTA!$/;

/** What somebody can do about a cell that does not show a fresh number; undefined when there is nothing. */
export function actFor(
  open: OpenWorkbook,
  cell: Kept,
  plugins: Plugin[],
  onConfigure: (slug: string) => void,
): Act | undefined {
  const workbook = open.shown.get().workbook;
  const code = cell.error?.code ?? "";
  const slug = cell.error?.plugin ?? cell.connection?.plugin;
  const plugin = plugins.find((one) => one.slug === slug);
  const name = plugin?.name ?? slug;
  const isOwner = workbook?.role === "owner";
  if (NEEDS_SETTINGS.test(code) && plugin) {
    if (isOwner) return { label: `Configure ${name}`, run: () => onConfigure(plugin.slug) };
    return { sentence: `Ask ${workbook?.owner.email} to configure ${name}.` };
  }
  if (code === "#NOT_INSTALLED") {
    if (!isOwner) return { sentence: `Ask ${workbook?.owner.email} to install ${name ?? "the plugin"}.` };
    return plugin && { label: `Install ${name}`, run: () => void install(plugin) };
  }
  if ((MAY_PASS.test(code) || cell.state === "stale") && !open.isViewer) {
    return { label: "Try again", run: () => void refresh(open, { sheet: cell.sheet, range: cell.cell }) };
  }
  return cell.error?.action ? { sentence: cell.error.action } : undefined;
}

async function install({ slug, name }: Plugin) {
  try {
    await client.POST("/marketplace/toggle", { body: { slug, installed: true } });
    tellDone(`${name} is installed.`);
  } catch (error) {
    tellFailed(`${name} is not installed`, error);
  }
}
