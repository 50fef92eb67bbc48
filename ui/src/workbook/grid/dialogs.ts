import { Injector } from "@univerjs/core";
import { DesktopDialogService, IUIPartsService } from "@univerjs/ui";
import { defer, map, startWith } from "rxjs";

type Options = Parameters<DesktopDialogService["open"]>[0];

/** Below the page's bars and the grid's own. */
const TOP = 188;

/** The grid's dialogs. By themselves they are lost when they open before the grid has drawn the place for them. */
class Dialogs extends DesktopDialogService {
  override open(options: Options) {
    const { defaultPosition: position } = options;
    return super.open(position ? { ...options, defaultPosition: { ...position, y: TOP } } : options);
  }

  override getDialogs$() {
    const told = super.getDialogs$();
    return defer(() => told.pipe(startWith(this._dialogOptions))).pipe(map((options) => [...options]));
  }
}

/** How the grid makes them. */
export const dialogs = { useClass: Dialogs, deps: [Injector, IUIPartsService] };
