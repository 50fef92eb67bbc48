import { ActionIcon, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";

/** Takes the workbook away as a file. */
export function ExportMenu({ id }: { id: string }) {
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="md" aria-label="Export">
          <IconDownload size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={`/workbook/${id}/export.xlsx`} download>
          Excel (.xlsx)
        </Menu.Item>
        <Menu.Item component="a" href={`/workbook/${id}/export.json`} download>
          JSON
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
