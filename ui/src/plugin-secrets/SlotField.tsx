import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { type ChangeEvent, useId, useState } from "react";
import { dayOf } from "../app/time";
import { ObtainLink } from "./ObtainLink";
import { type Draft, type Slot, UNTOUCHED } from "./slots";
import { Optional } from "./Variables";

interface Props {
  slot: Slot;
  isSet: boolean;
  setAt: string | null | undefined;
  draft: Draft;
  fault: string | undefined;
  isDisabled: boolean;
  /** The first field has the cursor when the form opens. */
  isFirst: boolean;
  onChange: (draft: Draft) => void;
}

type Pressable = Props & { wasPressed: boolean };

/** One declared secret. What is stored is never shown: not its value, not its length. */
export function SlotField({ onChange, ...given }: Props) {
  const { slot, isSet, draft } = given;
  // What somebody pressed is gone with its press; the cursor goes to what stands there now.
  const [wasPressed, setPressed] = useState(false);
  const change = (wanted: Draft) => {
    setPressed(true);
    onChange(wanted);
  };
  const props = { ...given, wasPressed, onChange: change };
  if (draft.kind === "clear") return <Cleared {...props} />;
  if (isSet && draft.kind === "untouched") return <Stored {...props} />;
  return (
    <Stack gap={6}>
      <SlotInput {...props} />
      {isSet && (
        <Group>
          <Button size="compact-xs" variant="default" onClick={() => props.onChange(UNTOUCHED)}>
            Keep the stored {slot.label}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

// A password manager has no business here: it would fill in the password of GridOS.
const KEEP_OUT = { "data-1p-ignore": true, "data-bwignore": true, "data-lpignore": "true", "data-form-type": "other" };

function SlotInput({ slot, isSet, draft, fault, isDisabled, isFirst, onChange }: Props) {
  const shared = {
    ...KEEP_OUT,
    name: `slot-${slot.key}`,
    label: <Label slot={slot} />,
    description: <Help slot={slot} />,
    placeholder: slot.placeholder,
    error: fault,
    "aria-invalid": fault !== undefined,
    disabled: isDisabled,
    autoFocus: isSet || isFirst,
    "data-autofocus": isFirst,
    spellCheck: false,
    autoCapitalize: "off",
    value: draft.kind === "replace" ? draft.value : "",
    onChange: (event: ChangeEvent<HTMLInputElement>) => onChange({ kind: "replace", value: event.currentTarget.value }),
  };
  return slot.sensitive === false ? (
    <TextInput {...shared} autoComplete="off" />
  ) : (
    <PasswordInput {...shared} autoComplete="new-password" />
  );
}

function Stored({ slot, setAt, isDisabled, wasPressed, onChange }: Pressable) {
  const id = useId();
  return (
    <Stack gap={4} role="group" aria-labelledby={id}>
      <Text size="sm" fw={600} id={id}>
        <Label slot={slot} />
      </Text>
      <Group justify="space-between">
        <Group gap={6} c="var(--app-good)">
          <IconCircleCheck size={17} aria-hidden />
          <Text size="sm" fw={550} inherit={false}>
            {setAt ? `Set ${dayOf(setAt)}` : "Set"}
          </Text>
        </Group>
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            disabled={isDisabled}
            autoFocus={wasPressed}
            aria-label={`Replace ${slot.label}`}
            onClick={() => onChange({ kind: "replace", value: "" })}
          >
            Replace
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            disabled={isDisabled}
            aria-label={`Clear ${slot.label}`}
            onClick={() => onChange({ kind: "clear" })}
          >
            Clear
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

function Cleared({ slot, onChange }: Pressable) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        <Label slot={slot} />
      </Text>
      <Group justify="space-between">
        <Text size="sm" c="var(--app-warn)">
          Will be erased when you save
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          autoFocus
          aria-label={`Keep ${slot.label}`}
          onClick={() => onChange(UNTOUCHED)}
        >
          Undo
        </Button>
      </Group>
    </Stack>
  );
}

function Label({ slot }: { slot: Slot }) {
  return (
    <>
      {slot.label}
      {slot.optional && <Optional />}
    </>
  );
}

function Help({ slot }: { slot: Slot }) {
  return (
    <>
      {slot.help} <ObtainLink slot={slot} />
    </>
  );
}
