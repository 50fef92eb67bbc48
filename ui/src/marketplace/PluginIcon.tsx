import { ThemeIcon } from "@mantine/core";
import { IconBrandGithub, IconBrandStripe, IconPuzzle, IconShoppingBag } from "@tabler/icons-react";

const KNOWN = { stripe: IconBrandStripe, shopify: IconShoppingBag, github: IconBrandGithub };

/** A plugin's picture; those we have none of share one. */
export function PluginIcon({ slug, size = 40 }: { slug: string; size?: number }) {
  const Icon = slug in KNOWN ? KNOWN[slug as keyof typeof KNOWN] : IconPuzzle;
  return (
    <ThemeIcon variant="default" size={size} radius="md" aria-hidden>
      <Icon size={size * 0.58} stroke={1.6} />
    </ThemeIcon>
  );
}
