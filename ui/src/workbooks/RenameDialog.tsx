import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { sentenceOf } from "../app/api";
import { useWorkbookActs, type Workbook } from "./workbooks";

interface Props {
  workbook: Workbook;
  opened: boolean;
  onClose: () => void;
}

/** Asks for another title. */
export function RenameDialog({ workbook, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Rename workbook">
      <RenameForm workbook={workbook} onClose={onClose} />
    </Modal>
  );
}

function RenameForm({ workbook, onClose }: Omit<Props, "opened">) {
  const acts = useWorkbookActs();
  const [isBusy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { title: workbook.title },
    validate: { title: (title) => (title.trim() ? null : "Enter a title.") },
  });
  const rename = form.onSubmit(async ({ title }) => {
    setBusy(true);
    try {
      await acts.rename(workbook.id, title.trim());
      onClose();
    } catch (error) {
      form.setFieldError("title", sentenceOf(error));
      setBusy(false);
    }
  });
  return (
    <form onSubmit={rename}>
      <Stack>
        <TextInput
          label="Title"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          {...form.getInputProps("title")}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy}>
            Rename
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
