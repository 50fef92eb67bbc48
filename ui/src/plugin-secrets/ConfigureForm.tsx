import { Button, Divider, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import { isRefusal } from "../app/api";
import { tellDone } from "../app/telling";
import type { Plugin } from "../marketplace/plugins";
import { ActivityLink } from "./ActivityLink";
import css from "./ConfigureForm.module.css";
import { ConnectionStatus } from "./ConnectionStatus";
import { type Declared, statusOf, type Verdict } from "./connection";
import { Disconnect } from "./Disconnect";
import { OutcomeNote } from "./OutcomeNote";
import { RollBack } from "./RollBack";
import { SealedNote } from "./SealedNote";
import { SlotField } from "./SlotField";
import { UNTOUCHED } from "./slots";
import { type Outcome, useConfiguring } from "./useConfiguring";

interface Props {
  plugin: Plugin;
  declared: Declared;
  onClose: () => void;
}

/** One field for each declared secret, and what to do with them. */
export function ConfigureForm({ plugin, declared: { declared: slots, set_keys }, onClose }: Props) {
  const { slug, name } = plugin;
  const { data: status } = useQuery(statusOf(slug));
  const [isDisconnecting, setDisconnecting] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const configuring = useConfiguring(slug, slots, (verdict) => {
    tellDone(saved(plugin, verdict));
    onClose();
  });
  const { drafts, faults, outcome, act, isTouched, hasValues } = configuring;
  useFocusOnFault(form, faults);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isTouched && set_keys.length === 0) return focusFirstInput(form.current);
    void (hasValues ? configuring.testAndSave() : isTouched ? configuring.save() : configuring.test());
  };

  return (
    <form onSubmit={submit} noValidate ref={form} autoComplete="off">
      <Stack gap="md">
        {status && set_keys.length > 0 && <ConnectionStatus status={status} />}
        {status?.can_roll_back && <RollBack plugin={plugin} isDisabled={act !== undefined} onDone={onClose} />}
        {slots.map((slot, index) => (
          <SlotField
            key={slot.key}
            slot={slot}
            isSet={set_keys.includes(slot.key)}
            setAt={status?.slots.find(({ key }) => key === slot.key)?.updated_at}
            draft={drafts[slot.key] ?? UNTOUCHED}
            fault={faults[slot.key]}
            isDisabled={act !== undefined}
            isFirst={index === 0}
            onChange={(draft) => configuring.change(slot.key, draft)}
          />
        ))}
        <Group justify="space-between" gap="xs">
          <ActivityLink slug={slug} />
          <SealedNote />
        </Group>
        <div className={css.footer}>
          {outcome && Object.keys(faults).length === 0 && <OutcomeNote name={name} outcome={outcome} />}
          <Divider />
          <Group>
            {set_keys.length > 0 && (
              <Button variant="subtle" color="red.9" c="var(--app-bad)" px="xs" onClick={() => setDisconnecting(true)}>
                Disconnect
              </Button>
            )}
            <Group ml="auto" gap="sm">
              {hasValues && outcome && mayStoreAnyway(outcome) && (
                <Button variant="default" onClick={configuring.save} loading={act === "save"}>
                  Save without testing
                </Button>
              )}
              <Button type="submit" loading={act !== undefined && act !== "save"} disabled={act === "save"}>
                {hasValues || set_keys.length === 0 ? "Test & save" : isTouched ? "Save" : "Test connection"}
              </Button>
            </Group>
          </Group>
        </div>
      </Stack>
      <Disconnect
        plugin={plugin}
        setKeys={set_keys}
        uses={status?.used_by}
        opened={isDisconnecting}
        onClose={() => setDisconnecting(false)}
        onDone={onClose}
      />
    </form>
  );
}

function saved({ name, functions, installed }: Plugin, verdict?: Verdict): string {
  const done = verdict ? verdict.message : `What you changed for ${name} is saved.`;
  const [example] = functions.flatMap((one) => one.example ?? []).sort((one, other) => one.length - other.length);
  return verdict && installed && example ? `${done} Type ${example} into a cell.` : done;
}

/** It could not be tested, or the service refuses. What GridOS itself refuses would be refused again. */
const mayStoreAnyway = (outcome: Outcome) =>
  outcome.kind === "tested" ? !outcome.verdict.ok : !isRefusal(outcome.error, 422);

const focusFirstInput = (form: HTMLElement | null) => form?.querySelector("input")?.focus();

/** The cursor goes to the first field that something is wrong with. */
function useFocusOnFault(form: RefObject<HTMLFormElement | null>, faults: Record<string, string>) {
  const [wrong] = Object.keys(faults);
  useEffect(() => {
    if (wrong) form.current?.querySelector<HTMLElement>(`[name="slot-${wrong}"]`)?.focus();
  }, [wrong, form]);
}
