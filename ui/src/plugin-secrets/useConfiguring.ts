import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Refusal } from "../app/api";
import { connectionChanged, put, putIfAccepted, type Verdict, verify } from "./connection";
import { type Draft, type Drafts, faultsIn, type Slot, secretsIn } from "./slots";

/** How an attempt ended: the service did not agree, or the server could not do it. */
export type Outcome = { kind: "tested"; verdict: Verdict } | { kind: "failed"; error: unknown };

type Act = "test" | "save" | "test-and-save";

/**
 * What the form holds and does. The values live here and nowhere else: not in a cache, not in the browser's storage;
 * they are gone when the dialog is.
 */
export function useConfiguring(slug: string, slots: Slot[], onSaved: (verdict?: Verdict) => void) {
  const queries = useQueryClient();
  const [drafts, setDrafts] = useState<Drafts>({});
  const [act, setAct] = useState<Act>();
  const [outcome, setOutcome] = useState<Outcome>();
  const [isChecked, setChecked] = useState(false);
  const leaving = useAbortOnLeaving();

  const secrets = secretsIn(drafts, slots);
  const faults = { ...(isChecked && faultsIn(drafts, slots)), ...faultFrom(outcome, slots) };

  const run = async (wanted: Act, does: (signal: AbortSignal) => Promise<Verdict | undefined>) => {
    setChecked(true);
    setOutcome(undefined);
    if (Object.keys(faultsIn(drafts, slots)).length > 0) return;
    setAct(wanted);
    const { signal } = leaving();
    try {
      const verdict = await does(signal);
      await connectionChanged(queries, slug);
      if (signal.aborted) return;
      if (wanted === "test" || (verdict && !verdict.ok)) {
        setOutcome(verdict && { kind: "tested", verdict });
      } else {
        setDrafts({});
        onSaved(verdict);
      }
    } catch (error) {
      if (!signal.aborted) setOutcome({ kind: "failed", error });
    } finally {
      setAct(undefined);
    }
  };

  return {
    drafts,
    faults,
    outcome,
    act,
    isTouched: Object.keys(secrets).length > 0,
    hasValues: Object.values(secrets).some(Boolean),
    change: (key: string, draft: Draft) => {
      setOutcome(undefined);
      setDrafts((now) => ({ ...now, [key]: draft }));
    },
    test: () => run("test", (signal) => verify(slug, {}, signal)),
    testAndSave: () => run("test-and-save", (signal) => putIfAccepted(slug, secrets, signal)),
    save: () => run("save", async () => void (await put(slug, secrets))),
  };
}

/** Gives an abort signal to one attempt at a time; leaving the form fires it. */
function useAbortOnLeaving() {
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);
  return () => {
    current.current?.abort();
    current.current = new AbortController();
    return current.current;
  };
}

/** The server's sentence about one value begins with its key, and belongs beside its field. */
function faultFrom(outcome: Outcome | undefined, slots: Slot[]): Record<string, string> {
  if (outcome?.kind !== "failed" || !(outcome.error instanceof Refusal)) return {};
  const { message } = outcome.error;
  const slot = slots.find(({ key }) => message.startsWith(`${key} `));
  return slot ? { [slot.key]: message.replace(slot.key, slot.label) } : {};
}
