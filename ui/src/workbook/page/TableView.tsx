import { Button, Group, NativeSelect, Text } from "@mantine/core";
import { IconChevronDown, IconChevronLeft, IconChevronRight, IconChevronUp } from "@tabler/icons-react";
import { useRef } from "react";
import { columnLetters } from "../cells/address";
import type { Workbook } from "../live/frames";
import type { OpenWorkbook } from "../OpenWorkbook";
import { CellInput } from "./CellInput";
import { CellTable } from "./CellTable";
import css from "./TableView.module.css";
import { useShown } from "./useOpenWorkbook";

/** How much of a sheet is a table at once. */
const ROWS = 40;
const COLUMNS = 12;

/** The part of the sheet around the selected cell as a table of the page, for screen readers and for fingers. */
export function TableView({ open, workbook }: { open: OpenWorkbook; workbook: Workbook }) {
  const selection = useShown(open, (shown) => shown.selection);
  useShown(open, (shown) => shown.revision);
  const input = useRef<HTMLInputElement>(null);
  const sheet = workbook.sheets.find(({ name }) => name === selection?.sheet) ?? workbook.sheets[0];
  if (!sheet) return null;
  const row = Math.min(selection?.area.startRow ?? 0, sheet.rows - 1);
  const column = Math.min(selection?.area.startColumn ?? 0, sheet.columns - 1);
  const top = row - (row % ROWS);
  const left = column - (column % COLUMNS);
  const area = {
    startRow: top,
    endRow: Math.min(top + ROWS, sheet.rows) - 1,
    startColumn: left,
    endColumn: Math.min(left + COLUMNS, sheet.columns) - 1,
  };
  const go = (toRow: number, toColumn: number, name = sheet.name) => {
    const there = workbook.sheets.find((one) => one.name === name) ?? sheet;
    const at = { row: within(toRow, there.rows), column: within(toColumn, there.columns) };
    open.select({
      sheet: name,
      area: { startRow: at.row, endRow: at.row, startColumn: at.column, endColumn: at.column },
    });
  };
  return (
    <section className={css.view} aria-label="Table view">
      <Group gap="sm" className={css.bar}>
        <NativeSelect
          aria-label="Sheet"
          data={workbook.sheets.map(({ name }) => name)}
          value={sheet.name}
          onChange={(event) => go(0, 0, event.currentTarget.value)}
        />
        <CellInput
          ref={input}
          open={open}
          sheet={sheet.name}
          place={{ row, column }}
          turn={selection?.turn ?? 0}
          onDown={() => go(row + 1, column)}
        />
      </Group>
      <CellTable
        open={open}
        sheet={sheet.name}
        area={area}
        selected={{ row, column }}
        onGo={go}
        onType={() => input.current?.select()}
      />
      <Group gap="xs" className={css.bar} justify="space-between">
        <Text size="sm">
          {`Rows ${area.startRow + 1} to ${area.endRow + 1} of ${sheet.rows}, columns ${columnLetters(area.startColumn)} to ${columnLetters(area.endColumn)}`}
        </Text>
        <Group gap="xs">
          <Turn
            label="Earlier rows"
            icon={<IconChevronUp size={16} />}
            isEnd={top === 0}
            onTurn={() => go(top - ROWS, column)}
          />
          <Turn
            label="Later rows"
            icon={<IconChevronDown size={16} />}
            isEnd={area.endRow >= sheet.rows - 1}
            onTurn={() => go(top + ROWS, column)}
          />
          <Turn
            label="Columns before"
            icon={<IconChevronLeft size={16} />}
            isEnd={left === 0}
            onTurn={() => go(row, left - COLUMNS)}
          />
          <Turn
            label="Columns after"
            icon={<IconChevronRight size={16} />}
            isEnd={area.endColumn >= sheet.columns - 1}
            onTurn={() => go(row, left + COLUMNS)}
          />
        </Group>
      </Group>
    </section>
  );
}

const within = (index: number, count: number) => Math.max(0, Math.min(index, count - 1));

interface TurnProps {
  label: string;
  icon: React.ReactNode;
  isEnd: boolean;
  onTurn: () => void;
}

const Turn = ({ label, icon, isEnd, onTurn }: TurnProps) => (
  <Button size="xs" variant="default" px="xs" aria-label={label} disabled={isEnd} onClick={onTurn}>
    {icon}
  </Button>
);
