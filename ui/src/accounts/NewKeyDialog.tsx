import { Alert, Button, Checkbox, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sentenceOf } from "../app/api";
import { CopyButton } from "../app/CopyButton";
import { keysChanged, makeKey, type NewApiKey } from "./apiKeys";

interface Props {
  opened: boolean;
  onClose: () => void;
}

const NEVER = "never";
const EXPIRIES = [
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: NEVER, label: "Never" },
];

/** Makes a key, and shows it this once. A click beside the dialog does not lose it. */
export function NewKeyDialog({ opened, onClose }: Props) {
  const [made, setMade] = useState<NewApiKey>();
  const close = () => {
    setMade(undefined);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="New API key" closeOnClickOutside={!made} closeOnEscape={!made}>
      {made ? <MadeKey made={made} onDone={close} /> : <KeyForm onMade={setMade} onClose={close} />}
    </Modal>
  );
}

function KeyForm({ onMade, onClose }: { onMade: (made: NewApiKey) => void; onClose: () => void }) {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { name: "", canWrite: true, canUseSecrets: false, expiry: "90" },
    validate: { name: (name) => (name.trim() ? null : "Enter a name.") },
  });
  const make = form.onSubmit(async ({ name, canWrite, canUseSecrets, expiry }) => {
    setBusy(true);
    try {
      const days = expiry === NEVER ? null : Number(expiry);
      onMade(await makeKey({ name: name.trim(), canWrite, canUseSecrets, days }));
      await keysChanged(queries);
    } catch (error) {
      form.setFieldError("name", sentenceOf(error));
      setBusy(false);
    }
  });
  return (
    <form onSubmit={make} noValidate>
      <Stack>
        <TextInput
          label="Name"
          description="The program that will use it."
          maxLength={100}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Stack gap="xs" role="group" aria-label="What it may do">
          <Checkbox label="Read your workbooks" checked disabled readOnly />
          <Checkbox
            label="Change them, and evaluate formulas"
            {...form.getInputProps("canWrite", { type: "checkbox" })}
          />
          <Checkbox
            label="Store and test your plugin secrets"
            {...form.getInputProps("canUseSecrets", { type: "checkbox" })}
          />
        </Stack>
        <NativeSelect label="Expires" data={EXPIRIES} {...form.getInputProps("expiry")} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy}>
            Make key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function MadeKey({ made, onDone }: { made: NewApiKey; onDone: () => void }) {
  return (
    <Stack>
      <Alert variant="default" icon={<IconAlertTriangle color="var(--app-warn)" />} title="Copy it now">
        GridOS keeps only a fingerprint of this key, so it cannot be shown again. Whoever has it can act as you.
      </Alert>
      <TextInput
        label={made.name}
        value={made.key}
        readOnly
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        onFocus={(event) => event.currentTarget.select()}
        rightSection={<CopyButton text={made.key} label="Copy the key" />}
      />
      <Text size="sm" c="dimmed">
        A program sends it with every request, in the header <code>Authorization: Bearer KEY</code>.
      </Text>
      <Group justify="flex-end">
        <Button onClick={onDone}>I have copied it</Button>
      </Group>
    </Stack>
  );
}
