import { Text } from "@mantine/core";
import { ConfirmDialog } from "../app/ConfirmDialog";
import { tellDone } from "../app/telling";
import { useWorkbookActs, type Workbook } from "./workbooks";

interface Props {
  workbook: Workbook;
  opened: boolean;
  onClose: () => void;
}

/** Asks before a workbook is gone for everybody. */
export function DeleteDialog({ workbook: { id, title }, opened, onClose }: Props) {
  const acts = useWorkbookActs();
  const remove = async () => {
    await acts.remove(id);
    tellDone(`“${title}” is deleted.`);
  };
  return (
    <ConfirmDialog title="Delete workbook" opened={opened} onClose={onClose} act="Delete" onAct={remove}>
      <Text size="sm">“{title}” will be gone for you and for everybody it is shared with. This cannot be undone.</Text>
    </ConfirmDialog>
  );
}
