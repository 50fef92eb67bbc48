import type { ICellData, Nullable } from "@univerjs/core";
import type { FWorksheet } from "@univerjs/sheets/facade";
import { type Area, cellAddress, type Place, rangeAddress, rectangles } from "../cells/address";
import type { Cells } from "../cells/Cells";
import type { Edit, Style } from "../live/frames";
import { Pending } from "../live/pending";
import { asText } from "./clipboard/clip";
import { isMoment, readMoment } from "./clipboard/numberFormats";
import type { GridView } from "./GridView";
import { fromGridStyle, styleDifference } from "./style";
import { typedOf } from "./typed";

interface Touched extends Place {
  content: boolean;
  style: boolean;
  /** By keys into this cell alone; the grid then guesses a format, also for what the server reads as a text. */
  isTyped: boolean;
}

type Values = Record<number, Record<number, ICellData | null>>;

/** Members of a changed cell that say something about its content. */
const CONTENT = ["v", "f", "si", "p", "t"] as const;

/**
 * Gathers what somebody did in the grid and turns it into edits, once all mutations of one act have happened.
 *
 * Only where something changed is remembered; what it changed to is read from the grid at the end. A fill is a
 * clearing and a setting, and its later cells share the formula of the first: both come out right this way.
 */
export class Outbox {
  readonly #touched = new Map<string, Map<string, Touched>>();
  readonly #texts = new Map<string, string>();
  readonly #others: Edit[] = [];
  #isWaiting = false;

  constructor(
    private readonly view: GridView,
    private readonly cells: Cells,
    private readonly pending: () => Edit[],
    private readonly send: (edits: Edit[]) => void,
  ) {}

  /** Cells were set: typing, pasting, filling, deleting, formatting. */
  addValues(sheetId: string, values: Values, isTyped = false): void {
    for (const [row, cells] of Object.entries(values)) {
      for (const [column, cell] of Object.entries(cells)) {
        const content = cell === null || CONTENT.some((name) => cell[name] !== undefined);
        const style = cell === null || cell.s !== undefined;
        this.#touch(sheetId, { row: Number(row), column: Number(column), content, style, isTyped });
      }
    }
  }

  /**
   * What somebody typed, to the letter: the server reads it, the grid only guesses.
   *
   * In a cell that shows dates another date is typed as they are shown.
   */
  noteTyped(sheetId: string, place: Place, text: string): void {
    const pattern = this.cells.find(this.view.nameOf(sheetId), place)?.style?.number_format;
    const moment = pattern && isMoment(pattern) ? readMoment(text, pattern) : undefined;
    this.#texts.set(keyOf(sheetId, place), moment ?? text);
  }

  /** Number formats of ranges were chosen. */
  addStyled(sheetId: string, ranges: Area[]): void {
    for (const { startRow, endRow, startColumn, endColumn } of ranges) {
      for (let row = startRow; row <= endRow; row += 1) {
        for (let column = startColumn; column <= endColumn; column += 1) {
          this.#touch(sheetId, { row, column, content: false, style: true, isTyped: false });
        }
      }
    }
  }

  /** Anything that is not about cells. */
  add(edits: Edit[]): void {
    this.#others.push(...edits);
    if (edits.length > 0) this.#soon();
  }

  #touch(sheetId: string, touched: Touched): void {
    const sheet = this.#touched.get(sheetId) ?? new Map<string, Touched>();
    this.#touched.set(sheetId, sheet);
    const key = `${touched.row},${touched.column}`;
    const before = sheet.get(key);
    sheet.set(key, {
      ...touched,
      content: touched.content || before?.content === true,
      style: touched.style || before?.style === true,
      isTyped: touched.isTyped || before?.isTyped === true,
    });
    this.#soon();
  }

  #soon(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isWaiting = false;
    const edits = [...this.#touched].flatMap(([sheetId, places]) => this.#editsOf(sheetId, [...places.values()]));
    edits.push(...this.#others.splice(0));
    this.#touched.clear();
    this.#texts.clear();
    if (edits.length > 0) this.send(edits);
  }

  #editsOf(sheetId: string, places: Touched[]): Edit[] {
    const sheet = this.view.nameOf(sheetId);
    const pending = new Pending(this.pending());
    const worksheet = this.view.sheetOf(sheet);
    const typed = places
      .filter(({ content }) => content)
      .flatMap((place) => this.#typed(sheet, worksheet, place, pending));
    const emptied = typed.filter(({ input }) => input === "");
    const cleared = emptied.length > 1 ? rectangles(emptied) : [];
    const set = cleared.length > 0 ? typed.filter(({ input }) => input !== "") : typed;
    return [
      ...cleared.map((area): Edit => ({ op: "clear", sheet, range: rangeAddress(area) })),
      ...set.map((place): Edit => ({ op: "set", sheet, cell: cellAddress(place), input: place.input })),
      ...this.#formats(sheet, places, pending),
    ];
  }

  #typed(
    sheet: string,
    worksheet: FWorksheet | undefined,
    { row, column }: Place,
    pending: Pending,
  ): (Place & { input: string })[] {
    const data = worksheet?.getSheet().getCellRaw(row, column);
    // The formulas of a fill are kept once; only the grid can write them out for the others.
    const isShared = data?.si && !data.f;
    const formula = isShared ? worksheet?.getRange(row, column).getFormula() : data?.f;
    const text = this.#texts.get(keyOf(this.#idOf(worksheet), { row, column }));
    const input = text ?? typedOf(formula ?? "", data ?? null, this.#styleOf(data)?.n?.pattern);
    const known = pending.inputAfter(sheet, { row, column }, this.cells.find(sheet, { row, column })?.input ?? "");
    return input === known ? [] : [{ row, column, input }];
  }

  #formats(sheet: string, places: Touched[], pending: Pending): Edit[] {
    const groups = new Map<string, { style: Style; places: Place[] }>();
    for (const place of places.filter(({ style }) => style)) {
      const style = this.#restyled(sheet, place, pending);
      const key = JSON.stringify(style);
      const group = groups.get(key) ?? { style, places: [] };
      groups.set(key, group);
      group.places.push(place);
    }
    groups.delete("{}");
    return [...groups.values()].flatMap(({ style, places: styled }) =>
      rectangles(styled).map((area): Edit => ({ op: "format", sheet, range: rangeAddress(area), style })),
    );
  }

  #restyled(sheet: string, place: Touched, pending: Pending): Style {
    const worksheet = this.view.sheetOf(sheet);
    const before = pending.styleAfter(sheet, place, this.cells.find(sheet, place)?.style ?? {});
    const data = worksheet?.getSheet().getCellRaw(place.row, place.column);
    const after = fromGridStyle(this.#styleOf(data));
    const { number_format, ...others } = styleDifference(before, after);
    const text = place.isTyped ? this.#texts.get(keyOf(this.#idOf(worksheet), place)) : undefined;
    const isGuess = text !== undefined && asText(text) === text;
    return isGuess || number_format === undefined ? others : { ...others, number_format };
  }

  #styleOf(data: Nullable<ICellData>) {
    return this.view.workbook?.getWorkbook().getStyles().getStyleByCell(data);
  }

  #idOf(worksheet: FWorksheet | undefined): string {
    return worksheet?.getSheetId() ?? "";
  }
}

const keyOf = (sheetId: string, { row, column }: Place) => `${row},${column},${sheetId}`;
