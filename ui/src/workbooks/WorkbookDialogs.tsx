import { ShareDialog } from "../sharing/ShareDialog";
import { DeleteDialog } from "./DeleteDialog";
import { RenameDialog } from "./RenameDialog";
import type { Workbook } from "./workbooks";

export type DialogName = "rename" | "share" | "delete";

interface Props {
  workbook: Workbook;
  shown: DialogName | undefined;
  onClose: () => void;
}

/** What one workbook's menu opens. */
export function WorkbookDialogs({ workbook, shown, onClose }: Props) {
  const { id, title } = workbook;
  return (
    <>
      <RenameDialog workbook={workbook} opened={shown === "rename"} onClose={onClose} />
      <DeleteDialog workbook={workbook} opened={shown === "delete"} onClose={onClose} />
      <ShareDialog workbook={id} title={title} opened={shown === "share"} onClose={onClose} />
    </>
  );
}
