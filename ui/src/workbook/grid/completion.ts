import { CommandType, ICommandService, type Univer } from "@univerjs/core";
import { IEditorService } from "@univerjs/docs-ui";
import { IFunctionService } from "@univerjs/engine-formula";
import { type IShortcutItem, IShortcutService, KeyCode } from "@univerjs/ui";

const LIST = "sheet.formula-embedding-editor.search_function.";
const TAKE = "gridos.operation.take-suggestion";
const SUGGESTIONS = "[data-u-comp=sheets-formula-editor]";
const CHOSEN = `${SUGGESTIONS} li.univer-bg-gray-200`;

/**
 * The grid offers functions a while after the letters that they are for, and moves the caret a while after one was
 * taken. Whoever types on meanwhile would get another function, or letters in the middle of it. So a key takes a
 * suggestion only when it is for what stands there now, and does it at once; else it does what it does without a list.
 */
export function mindCompletion(univer: Univer): void {
  const injector = univer.__getInjector();
  const shortcuts = injector.get(IShortcutService);
  const register = shortcuts.registerShortcut.bind(shortcuts);
  const preconditions = () => suggested(typed(univer).name) !== undefined;
  shortcuts.registerShortcut = (item) =>
    register(takes(item) ? { ...item, id: TAKE, staticParameters: { list: item.id }, preconditions } : item);
  injector.get(ICommandService).registerCommand({
    id: TAKE,
    type: CommandType.OPERATION,
    handler: (_, { list }: { list: string }) => take(univer, list),
  });
}

function takes({ id, binding }: IShortcutItem): boolean {
  return id.startsWith(LIST) && (binding === KeyCode.ENTER || binding === KeyCode.TAB);
}

function take(univer: Univer, list: string): boolean {
  const { editor, before, name, after } = typed(univer);
  const suggestion = suggested(name);
  if (!editor || !suggestion) return false;
  const injector = univer.__getInjector();
  const isOpen = after.startsWith("(") || !injector.get(IFunctionService).hasExecutor(suggestion);
  const text = `${before}${suggestion}${isOpen ? "" : "("}`;
  injector.get(ICommandService).syncExecuteCommand(list, { keyCode: KeyCode.ESC });
  editor.replaceText(text + after, [{ startOffset: text.length, endOffset: text.length, collapsed: true }]);
  return true;
}

/** What stands in the open editor, around the letters of a name that end at the caret. */
function typed(univer: Univer) {
  const editor = univer.__getInjector().get(IEditorService).getFocusEditor();
  const text = editor?.getDocumentData().body?.dataStream.replace(/\r\n$/, "") ?? "";
  const caret = editor?.getSelectionRanges()[0]?.startOffset ?? text.length;
  const [name = ""] = text.slice(0, caret).match(/[\w.]*$/) ?? [];
  return { editor, name, before: text.slice(0, caret - name.length), after: text.slice(caret) };
}

/** The chosen suggestion, if it is one for this name; the list may still be that of fewer letters. */
function suggested(name: string): string | undefined {
  const suggestion = document.querySelector(`${CHOSEN} span`)?.textContent ?? "";
  return name !== "" && suggestion.toUpperCase().includes(name.toUpperCase()) ? suggestion : undefined;
}
