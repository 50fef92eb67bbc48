import { Alert, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { sentenceOf } from "../app/api";
import type { Verdict } from "./connection";
import type { Outcome } from "./useConfiguring";

interface Props {
  name: string;
  outcome: Outcome;
}

/** How an attempt ended, and why. */
export function OutcomeNote({ name, outcome }: Props) {
  const isGood = outcome.kind === "tested" && outcome.verdict.ok;
  const Icon = isGood ? IconCircleCheck : IconAlertTriangle;
  return (
    <Alert
      variant="default"
      role={isGood ? "status" : "alert"}
      icon={<Icon color={isGood ? "var(--app-good)" : "var(--app-bad)"} />}
      title={outcome.kind === "tested" ? titleOf(name, outcome.verdict) : "Nothing was stored"}
    >
      <Text size="sm">{outcome.kind === "tested" ? outcome.verdict.message : sentenceOf(outcome.error)}</Text>
    </Alert>
  );
}

function titleOf(name: string, { ok, state }: Verdict): string {
  if (ok) return "It works";
  if (state === "needs_attention") return `${name} does not accept this`;
  if (state === "incomplete" || state === "not_set") return "Something is still missing";
  return "It could not be tested";
}
