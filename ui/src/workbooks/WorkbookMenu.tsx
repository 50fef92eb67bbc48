import { ActionIcon, Menu } from "@mantine/core";
import { IconCopy, IconDots, IconPencil, IconTrash, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useVisitor } from "../accounts/whoAmI";
import { tellDone, tellFailed } from "../app/telling";
import { ShareDialog } from "../sharing/ShareDialog";
import { DeleteDialog } from "./DeleteDialog";
import { RenameDialog } from "./RenameDialog";
import { useWorkbookActs, type Workbook } from "./workbooks";

type Dialog = "rename" | "share" | "delete";

/** What one can do with one workbook of a list. Only its owner can share and delete it. */
export function WorkbookMenu({ workbook }: { workbook: Workbook }) {
  const { id, title, role } = workbook;
  const { mode } = useVisitor();
  const acts = useWorkbookActs();
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const isOwner = role === "owner";

  const copy = async () => {
    try {
      const copied = `Copy of ${title}`;
      await acts.create(copied, id);
      tellDone(`“${copied}” is among your workbooks. Its formulas use your own connections.`);
    } catch (error) {
      tellFailed(`“${title}” was not copied`, error);
    }
  };

  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`What to do with ${title}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {role !== "viewer" && (
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setDialog("rename")}>
              Rename
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={copy}>
            Make a copy
          </Menu.Item>
          {isOwner && mode === "saas" && (
            <Menu.Item leftSection={<IconUsers size={16} />} onClick={() => setDialog("share")}>
              Share
            </Menu.Item>
          )}
          {isOwner && (
            <Menu.Item leftSection={<IconTrash size={16} />} c="var(--app-bad)" onClick={() => setDialog("delete")}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <RenameDialog workbook={workbook} opened={dialog === "rename"} onClose={close} />
      <DeleteDialog workbook={workbook} opened={dialog === "delete"} onClose={close} />
      {mode === "saas" && <ShareDialog workbook={id} title={title} opened={dialog === "share"} onClose={close} />}
    </>
  );
}
