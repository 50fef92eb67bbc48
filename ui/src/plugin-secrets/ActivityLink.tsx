import { Anchor } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";

/** Leads to what happened with a connection. It opens beside the form, whose values would not survive. */
export function ActivityLink({ slug }: { slug: string }) {
  return (
    <Anchor href={`/activity?plugin=${slug}`} target="_blank" rel="noreferrer" size="xs" underline="always">
      What happened with this connection <IconExternalLink size={12} aria-label="(opens a new tab)" />
    </Anchor>
  );
}
