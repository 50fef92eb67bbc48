import { LifecycleService, LifecycleStages, LocaleType, mergeLocales, Univer } from "@univerjs/core";
import { FUniver } from "@univerjs/core/facade";
import design from "@univerjs/design/locale/en-US";
import { UniverDocsPlugin } from "@univerjs/docs";
import { UniverDocsUIPlugin } from "@univerjs/docs-ui";
import docsUi from "@univerjs/docs-ui/locale/en-US";
import { UniverFormulaEnginePlugin } from "@univerjs/engine-formula";
import { UniverRenderEnginePlugin } from "@univerjs/engine-render";
import {
  type IFindReplaceProvider,
  IFindReplaceService,
  OpenFindDialogOperation,
  OpenReplaceDialogOperation,
  UniverFindReplacePlugin,
} from "@univerjs/find-replace";
import findReplace from "@univerjs/find-replace/locale/en-US";
import { AFTER_CELL_EDIT, SheetInterceptorService, UniverSheetsPlugin } from "@univerjs/sheets";
import sheets from "@univerjs/sheets/locale/en-US";
import { CalculationMode, UniverSheetsFormulaPlugin } from "@univerjs/sheets-formula";
import sheetsFormula from "@univerjs/sheets-formula/locale/en-US";
import { UniverSheetsFormulaUIPlugin } from "@univerjs/sheets-formula-ui";
import sheetsFormulaUi from "@univerjs/sheets-formula-ui/locale/en-US";
import { UniverSheetsNumfmtPlugin } from "@univerjs/sheets-numfmt";
import { UniverSheetsNumfmtUIPlugin } from "@univerjs/sheets-numfmt-ui";
import sheetsNumfmtUi from "@univerjs/sheets-numfmt-ui/locale/en-US";
import { ISheetClipboardService, UniverSheetsUIPlugin } from "@univerjs/sheets-ui";
import sheetsUi from "@univerjs/sheets-ui/locale/en-US";
import { defaultTheme } from "@univerjs/themes";
import { IClipboardInterfaceService, IDialogService, UniverUIPlugin } from "@univerjs/ui";
import ui from "@univerjs/ui/locale/en-US";
import "@univerjs/engine-formula/facade";
import "@univerjs/sheets/facade";
import "@univerjs/ui/facade";
import "@univerjs/docs-ui/facade";
import "@univerjs/sheets-ui/facade";
import "@univerjs/sheets-formula/facade";
import "@univerjs/sheets-formula-ui/facade";
import "@univerjs/sheets-numfmt/facade";
import "@univerjs/design/lib/index.css";
import "@univerjs/ui/lib/index.css";
import "@univerjs/docs-ui/lib/index.css";
import "@univerjs/sheets-ui/lib/index.css";
import "@univerjs/sheets-formula-ui/lib/index.css";
import "@univerjs/sheets-numfmt-ui/lib/index.css";
import "@univerjs/find-replace/lib/index.css";
import { copyId, type SystemClipboard, systemClipboard } from "./clipboard/systemClipboard";
import { mindCompletion } from "./completion";
import { dialogs } from "./dialogs";
import { findTexts } from "./finding/findTexts";
import { hiddenTools } from "./hiddenTools";
import { nameTools } from "./nameTools";
import { typedOf } from "./typed";

/** Before the grid's own readers of numbers and dates. */
const FIRST = 1_000;

export interface Grid {
  api: FUniver;
  container: HTMLElement;
  /** What goes to the clipboard when somebody copies. */
  copyAs(contents: SystemClipboard["contents"]): void;
  /** Hear what somebody typed into a cell, letter by letter, before the grid makes a number or a date of it. */
  onTyped(hear: (sheetId: string, row: number, column: number, text: string) => void): { dispose(): void };
  /** Open the dialog that finds, and replaces. */
  find(isReplacing: boolean): void;
  /** Who looks for what somebody wants to find, and who is told that the dialog opened or was closed. */
  findWith(provider: IFindReplaceProvider, tell: (isFinding: boolean) => void): { dispose(): void };
  /** Whether a copied page is from this very grid, which then knows its formulas and what was cut. */
  isOwnCopy(html: string): boolean;
  dispose(): void;
}

/** An empty grid inside an element. It calculates nothing: every value comes from the server. */
export function createGrid(container: HTMLElement): Grid {
  const univer = new Univer({
    theme: defaultTheme,
    locale: LocaleType.EN_US,
    locales: {
      [LocaleType.EN_US]: mergeLocales(
        design,
        docsUi,
        sheets,
        sheetsUi,
        sheetsFormula,
        sheetsFormulaUi,
        sheetsNumfmtUi,
        ui,
        findReplace,
        findTexts,
      ),
    },
  });
  const use = univer.registerPlugin.bind(univer);
  use(UniverRenderEnginePlugin);
  use(UniverFormulaEnginePlugin, { notExecuteFormula: true });
  use(UniverUIPlugin, {
    container,
    header: true,
    toolbar: true,
    footer: true,
    ribbonType: "simple",
    menu: hiddenTools,
    override: [
      [IClipboardInterfaceService, systemClipboard],
      [IDialogService, dialogs],
    ],
  });
  use(UniverDocsPlugin);
  use(UniverDocsUIPlugin);
  use(UniverSheetsPlugin, { notExecuteFormula: true });
  use(UniverSheetsUIPlugin, {
    formulaBar: true,
    footer: { statisticBar: false, menus: false },
    menu: hiddenTools,
    disableForceStringAlert: true,
  });
  // `notExecuteFormula` here would demand a service in another thread.
  use(UniverSheetsFormulaPlugin, { initialFormulaComputing: CalculationMode.NO_CALCULATION });
  use(UniverSheetsFormulaUIPlugin);
  use(UniverSheetsNumfmtPlugin);
  use(UniverSheetsNumfmtUIPlugin);
  use(UniverFindReplacePlugin);
  const clipboard = () => univer.__getInjector().get(IClipboardInterfaceService) as SystemClipboard;
  hurry(univer);
  mindCompletion(univer);
  const endNaming = nameTools(container);
  const api = FUniver.newAPI(univer);
  return {
    api,
    container,
    copyAs(contents) {
      clipboard().contents = contents;
    },
    onTyped(hear) {
      const writing = univer.__getInjector().get(SheetInterceptorService).writeCellInterceptor;
      const end = writing.intercept(AFTER_CELL_EDIT, {
        priority: FIRST,
        handler(cell, { subUnitId, row, col }, next) {
          if (!cell?.f && cell?.v !== undefined && cell.v !== null) hear(subUnitId, row, col, typedOf("", cell));
          return next(cell);
        },
      });
      return { dispose: end };
    },
    find(isReplacing) {
      api.executeCommand(isReplacing ? OpenReplaceDialogOperation.id : OpenFindDialogOperation.id);
    },
    findWith(provider, tell) {
      const finding = univer.__getInjector().get(IFindReplaceService);
      const providing = finding.registerFindReplaceProvider(provider);
      const telling = finding.stateUpdates$.subscribe(({ revealed }) => revealed !== undefined && tell(revealed));
      return {
        dispose() {
          telling.unsubscribe();
          providing.dispose();
        },
      };
    },
    isOwnCopy(html) {
      const id = copyId(html);
      const copies = univer.__getInjector().get(ISheetClipboardService).copyContentCache();
      return id !== undefined && copies.get(id) !== undefined;
    },
    dispose() {
      endNaming();
      // Univer's own React tree must not be unmounted while ours is being drawn.
      setTimeout(() => univer.dispose(), 0);
    },
  };
}

/** By itself the grid waits for three seconds before it lets somebody fill by dragging. */
function hurry(univer: Univer): void {
  const lifecycle = univer.__getInjector().get(LifecycleService);
  const drawn = lifecycle.lifecycle$.subscribe((stage) => {
    if (stage === LifecycleStages.Rendered) requestIdleCallback(finish);
  });
  const finish = () => {
    drawn.unsubscribe();
    if (lifecycle.stage === LifecycleStages.Rendered) lifecycle.stage = LifecycleStages.Steady;
  };
}
