import { expect, test } from "vitest";
import { cellAddress } from "../../cells/address";
import { asText, type Clip } from "./clip";
import { readTable } from "./readTable";
import { readText } from "./readText";
import { distances, landed } from "./relative";
import excel from "./testing/excel.txt?raw";
import google from "./testing/google-sheets.txt?raw";

function inputs(clip: Clip | undefined): Record<string, string> {
  const filled = clip?.cells.filter(({ input }) => input !== "") ?? [];
  return Object.fromEntries(filled.map((cell) => [cellAddress(cell), cell.input]));
}

const styleAt = (clip: Clip | undefined, address: string) =>
  clip?.cells.find((cell) => cellAddress(cell) === address)?.style;

test("what Excel copies keeps values, dates, texts, looks and merged cells", () => {
  const clip = readTable(excel);
  expect(inputs(clip)).toEqual({
    A1: "Quarterly numbers",
    A2: "Revenue",
    B2: "1234.5",
    C2: "2025-01-31",
    A3: "two\nlines",
    B3: "15%",
    C3: "-42",
    A4: "red & slanted",
    B4: "99.9",
    C4: "2025-01-31",
    A5: "'007",
    C5: "TRUE",
    A6: "tall",
    B6: "1",
    C6: "=not a formula",
    B7: "2",
    C7: "  indented",
    A8: "a text that reaches over its neighbour",
    C8: "#DIV/0!",
  });
  expect(clip?.merges).toEqual([
    { startRow: 0, endRow: 0, startColumn: 0, endColumn: 2 },
    { startRow: 5, endRow: 6, startColumn: 0, endColumn: 0 },
  ]);
  expect([clip?.rows, clip?.columns]).toEqual([8, 3]);
  expect(styleAt(clip, "A1")).toEqual({ bold: true, horizontal_align: "center", background: "#ffe699" });
  expect(styleAt(clip, "B2")).toEqual({ number_format: "#,##0.00" });
  expect(styleAt(clip, "A3")).toEqual({ wrap: true });
  expect(styleAt(clip, "A4")).toEqual({ italic: true, underline: true, color: "#ff0000" });
  expect(styleAt(clip, "B4")?.number_format).toBe('"£"#,##0.00');
});

test("what Google Sheets copies keeps exact values, formulas, looks and merged cells", () => {
  const clip = readTable(google);
  expect(inputs(clip)).toEqual({
    A1: "Quarterly numbers",
    A2: "Revenue",
    B2: "1234.5",
    C2: "2025-01-31",
    A3: "two\nlines",
    B3: "2469",
    C3: "0.153",
    A4: "red & slanted",
    B4: "TRUE",
    C4: "'007",
  });
  expect(clip?.cells.find(({ relative }) => relative)?.relative).toBe("=R[-1]C[0]*2");
  expect(clip?.merges).toEqual([{ startRow: 0, endRow: 0, startColumn: 0, endColumn: 2 }]);
  expect(styleAt(clip, "C2")).toEqual({ horizontal_align: "right", number_format: "dd/mm/yyyy" });
  expect(styleAt(clip, "A4")).toEqual({ italic: true, underline: true, color: "#ff0000" });
});

test("numbers written with a decimal comma are numbers, and texts are left alone", () => {
  const page = (cells: string) =>
    readTable(
      `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><style>table {mso-displayed-decimal-separator:"\\,";
       mso-displayed-thousand-separator:"\\.";} .a {mso-number-format:"\\#\\,\\#\\#0\\.00";} .k {mso-number-format:"0\\.0\\0022 kg\\0022";}
       .d {mso-number-format:"\\[$-407\\]d\\\\\\.mmm\\\\\\.yy\\;\\@";}</style><table><tr>${cells}</tr></table></html>`,
    );
  const clip = page(
    "<td class=a align=right>1.234,50</td><td class=k align=right>12,5 kg</td><td class=d align=right>5.Mar.25</td><td>a, b</td><td>12</td>",
  );
  expect(inputs(clip)).toEqual({ A1: "1234.5", B1: "12.5", C1: "2025-03-05", D1: "a, b", E1: "'12" });
});

test("LibreOffice and web pages are read as well", () => {
  const clip = readTable(
    `<p>Above</p><table><thead><tr><th style="background-color: rgb(1, 2, 3)"><b>Head</b></th></tr></thead><tbody><tr>
     <td align="right" sdval="45688" sdnum="1033;0;YYYY-MM-DD">2025-01-31</td><td sdval="1" sdnum="1033;0;BOOLEAN">TRUE</td></tr>
     <tr><td>style=keep <table><tr><td>inner</td></tr></table></td></tr></tbody></table>`,
  );
  expect(inputs(clip)).toEqual({ A1: "Head", A2: "2025-01-31", B2: "TRUE", A3: "style=keep inner" });
  expect(styleAt(clip, "A1")).toEqual({ bold: true, background: "#010203" });
  expect(readTable("<p>No table</p>")).toBeUndefined();
});

test("plain text is cut at tabs and line breaks, but not inside quotes", () => {
  const clip = readText('a\t"two\nlines"\t\r\n"say ""hi"""\t"plain"\t7\r\n');
  expect(inputs(clip)).toEqual({ A1: "a", B1: "two\nlines", A2: 'say "hi"', B2: '"plain"', C2: "7" });
  expect([clip.rows, clip.columns]).toEqual([2, 3]);
  expect(inputs(readText("just one"))).toEqual({ A1: "just one" });
  expect(inputs(readText("a\n\nb"))).toEqual({ A1: "a", A3: "b" });
});

test("a text that looks like something else gets its quote", () => {
  for (const text of ["007", "=x", "'", "TRUE", "1,234.5", "2025-01-31", "12:30", "50%", "$5"]) {
    expect(asText(text)).toBe(`'${text}`);
  }
  for (const text of ["", "seven", "1-2", "a=b", "-", "%"]) expect(asText(text)).toBe(text);
});

test("a formula in distances is written out where it lands", () => {
  const at = { row: 4, column: 2 };
  expect(landed('=SUM(R[-2]C[0]:R[-1]C[1])&"R[1]C[1]"', at)).toBe('=SUM(C3:D4)&"R[1]C[1]"');
  expect(landed("=R1C1+R[0]C2*ROUND(C[0]:C[0],2)", at)).toBe("=$A$1+$B5*ROUND(C:C,2)");
  expect(landed("=R[-9]C[0]", at)).toBeUndefined();
});

test("a formula becomes distances and comes back, wherever it stands", () => {
  const at = { row: 4, column: 2 };
  const formulas = [
    '=SUM(A1:B$3)&"A1"',
    "=$A$1+'My A1 sheet'!B2",
    "=ROUND(C:C,2)+SUM($A:B)",
    "=LOG10(A1)",
    "=Sheet2!A1*2",
  ];
  for (const formula of formulas) expect(landed(distances(formula, at), at)).toBe(formula);
  expect(distances("=SUM(A1:C4)", at)).toBe("=SUM(R[-4]C[-2]:R[-1]C[0])");
  expect(landed(distances("=A4*2", at), { row: 5, column: 3 })).toBe("=B5*2");
});
