import { VisuallyHidden } from "@mantine/core";
import { useEffect, useState } from "react";
import { type Arrived, arrivalSentence } from "../live/arrived";
import type { OpenWorkbook } from "../OpenWorkbook";

const GATHERING_MS = 500;
const PAUSE_MS = 3_000;

/** Says for a screen reader that answers arrived: a sentence every three seconds at most, however many there are. */
export function Announced({ open }: { open: OpenWorkbook }) {
  const sentence = useArrivalSentence(open);
  return (
    <VisuallyHidden>
      <p role="status" aria-live="polite" data-testid="arrivals">
        {sentence}
      </p>
    </VisuallyHidden>
  );
}

function useArrivalSentence(open: OpenWorkbook): string {
  const [sentence, setSentence] = useState("");
  useEffect(() => {
    let told: Arrived = open.shown.get().arrived;
    let toldAt = Number.NEGATIVE_INFINITY;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      timer = undefined;
      toldAt = performance.now();
      const { answers, troubles } = open.shown.get().arrived;
      setSentence(arrivalSentence({ answers: answers - told.answers, troubles: troubles - told.troubles }));
      told = { answers, troubles };
    };
    const end = open.shown.watch(() => {
      if (timer !== undefined || open.shown.get().arrived.answers === told.answers) return;
      timer = setTimeout(tell, Math.max(GATHERING_MS, toldAt + PAUSE_MS - performance.now()));
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [open]);
  return sentence;
}
