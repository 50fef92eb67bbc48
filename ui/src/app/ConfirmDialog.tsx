import { Button, Group, Modal, Stack } from "@mantine/core";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { Problem } from "./Problem";

interface Props {
  title: string;
  opened: boolean;
  onClose: () => void;
  /** What the button that does it says: a verb. */
  act: string;
  onAct: () => Promise<void>;
  children: ReactNode;
}

/** Tells the dialog from which somebody is asked, so that Escape closes the question alone. */
export const Asking = createContext<(isAsking: boolean) => void>(() => {});

/** Asks once before something that cannot be taken back. It stays open, with the reason, when that fails. */
export function ConfirmDialog({ title, opened, onClose, act, onAct, children }: Props) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const tellAsking = useContext(Asking);
  useEffect(() => tellAsking(opened), [opened, tellAsking]);
  const close = () => {
    setError(undefined);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    try {
      await onAct();
      close();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <Stack>
        {children}
        {error !== undefined && <Problem title="That did not work" error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" onClick={confirm} loading={isBusy}>
            {act}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
