import { Anchor } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import type { Slot } from "./slots";

/** Where to get the value, if the manifest says. It opens beside GridOS, which the form would not survive. */
export function ObtainLink({ slot: { obtain_url, obtain_label } }: { slot: Slot }) {
  if (!obtain_url) return null;
  return (
    <Anchor
      href={obtain_url}
      target="_blank"
      rel="noreferrer"
      underline="always"
      inherit
      style={{ whiteSpace: "nowrap" }}
    >
      {obtain_label ?? "Get a key"} <IconExternalLink size={12} aria-label="(opens a new tab)" />
    </Anchor>
  );
}
