import { ActionIcon, Menu } from "@mantine/core";
import { IconCopy, IconDots, IconPencil, IconTrash, IconUsers } from "@tabler/icons-react";
import { lazy, Suspense, useRef, useState } from "react";
import { useVisitor } from "../accounts/whoAmI";
import { tellDone, tellFailed } from "../app/telling";
import type { DialogName } from "./WorkbookDialogs";
import { useWorkbookActs, type Workbook } from "./workbooks";

// A list shows many menus, and most visits open none of their dialogs.
const WorkbookDialogs = lazy(async () => ({ default: (await import("./WorkbookDialogs")).WorkbookDialogs }));

/** What one can do with one workbook of a list. Only its owner can rename, share and delete it. */
export function WorkbookMenu({ workbook }: { workbook: Workbook }) {
  const { id, title, role } = workbook;
  const { mode } = useVisitor();
  const acts = useWorkbookActs();
  const [dialog, setDialog] = useState<DialogName>();
  const [wasOpened, setOpened] = useState(false);
  const target = useRef<HTMLButtonElement>(null);
  const open = (name: DialogName) => {
    setOpened(true);
    setDialog(name);
  };
  const close = () => {
    setDialog(undefined);
    // A dialog gives the focus back to what had it: the menu's item, which is gone.
    setTimeout(() => target.current?.focus(), 0);
  };
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
          <ActionIcon ref={target} variant="subtle" color="gray" aria-label={`What to do with ${title}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isOwner && (
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => open("rename")}>
              Rename
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={copy}>
            Make a copy
          </Menu.Item>
          {isOwner && mode === "saas" && (
            <Menu.Item leftSection={<IconUsers size={16} />} onClick={() => open("share")}>
              Share
            </Menu.Item>
          )}
          {isOwner && (
            <Menu.Item leftSection={<IconTrash size={16} />} c="var(--app-bad)" onClick={() => open("delete")}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {wasOpened && (
        <Suspense>
          <WorkbookDialogs workbook={workbook} shown={dialog} onClose={close} />
        </Suspense>
      )}
    </>
  );
}
