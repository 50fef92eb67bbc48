import { Kbd, Modal, SimpleGrid, Table, Text } from "@mantine/core";
import css from "../WorkbookPage.module.css";

const OURS: [string, string][] = [
  ["F9", "Ask the services again for the selected cells"],
  ["Shift + F2", "Explain the selected cell: whose connection, when, what went wrong"],
  ["F6", "Go on to the title bar, the grid, the status bar; Shift + F6 goes back"],
  ["Ctrl + /", "Show these keys"],
];

const GRID: [string, string][] = [
  ["Enter, F2", "Edit the cell, or finish"],
  ["Escape", "Leave the cell as it was"],
  ["Arrows", "Move; with Shift, select more"],
  ["Ctrl + arrows", "Go to the edge of what is filled"],
  ["Delete", "Empty the selected cells"],
  ["Ctrl + C, X, V", "Copy, cut, paste"],
  ["Ctrl + Z, Y", "Undo, redo"],
  ["Ctrl + B, I, U", "Bold, italic, underlined"],
  ["Ctrl + F, H", "Find, replace; Enter and Shift + Enter go to the next and the last hit"],
];

/** The keys there are. On a Mac, ⌘ is Ctrl. */
export function ShortcutHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="xl">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl" className={css.keys}>
        <Keys title="GridOS" keys={OURS} />
        <Keys title="In the grid" keys={GRID} />
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt="md">
        On a Mac, use ⌘ for Ctrl.
      </Text>
    </Modal>
  );
}

function Keys({ title, keys }: { title: string; keys: [string, string][] }) {
  return (
    <Table verticalSpacing={6} horizontalSpacing={0} withRowBorders={false} captionSide="top">
      <Table.Caption ta="start" fz="sm" mt={0}>
        {title}
      </Table.Caption>
      <Table.Tbody>
        {keys.map(([key, what]) => (
          <Table.Tr key={key}>
            <Table.Th scope="row" w={130} ta="start" className={css.top}>
              <Kbd>{key}</Kbd>
            </Table.Th>
            <Table.Td className={css.top}>{what}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
