// What the grid itself holds, apart from what the page around it knows: read where React keeps what it drew.
window.openWorkbook = () => {
  for (const element of document.querySelectorAll("*")) {
    const key = Object.keys(element).find((name) => name.startsWith("__reactFiber"));
    for (let fiber = element[key]; fiber; fiber = fiber.return) {
      if (fiber.memoizedProps?.open?.view) return fiber.memoizedProps.open;
    }
  }
};

// {sheet: {cells: {address: [value, formula, isBold]}, rows, columns, merges, heights, widths}} of the grid.
window.drawnSheets = () => {
  const open = window.openWorkbook();
  const styles = open.view.workbook.getWorkbook().getStyles();
  const letters = (column) => (column < 26 ? "" : letters(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26));
  const address = (row, column) => `${letters(column)}${row + 1}`;
  return Object.fromEntries(
    open.view.workbook.getSheets().map((one) => {
      const sheet = one.getSheet();
      const cells = {};
      sheet.getCellMatrix().forValue((row, column, cell) => {
        const drawn = [cell?.v ?? null, cell?.f ?? null, styles.getStyleByCell(cell)?.bl === 1];
        if (drawn.some(Boolean) || drawn[0] === 0) cells[address(row, column)] = drawn;
      });
      const merges = sheet
        .getMergeData()
        .map((area) => `${address(area.startRow, area.startColumn)}:${address(area.endRow, area.endColumn)}`);
      const [rows, columns] = [sheet.getRowCount(), sheet.getColumnCount()];
      const heights = Array.from({ length: Math.min(rows, 40) }, (_, row) => sheet.getRowHeight(row));
      const widths = Array.from({ length: Math.min(columns, 20) }, (_, column) => sheet.getColumnWidth(column));
      return [sheet.getName(), { cells, rows, columns, merges: merges.sort(), heights, widths }];
    }),
  );
};
