import { Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useVisitor } from "../accounts/whoAmI";
import { type Plugin, useRefused } from "../marketplace/plugins";

const ConfigureDialog = lazy(async () => ({ default: (await import("./ConfigureDialog")).ConfigureDialog }));

interface Props {
  className: string | undefined;
  /** Which plugins matter here; every one if it is left out. */
  matters?: (slug: string) => boolean;
  onClosed?: () => void;
}

/** Says which of one's own connections a service refuses, and leads to where that is set right. */
export function RefusedNotice({ className, matters = () => true, onClosed }: Props) {
  const { mode } = useVisitor();
  const { data: refused = [] } = useRefused();
  // Kept as it was when it was opened: the notice goes as soon as the connection works, the dialog when it is closed.
  const [plugin, setPlugin] = useState<Plugin>();
  const [wasOpened, setOpened] = useState(false);
  const open = (wanted: Plugin) => {
    setOpened(true);
    setPlugin(wanted);
  };
  const close = () => {
    setPlugin(undefined);
    onClosed?.();
  };
  return (
    <>
      <div role="status" style={{ display: "contents" }}>
        {refused
          .filter(({ slug }) => matters(slug))
          .map((one) => (
            <OneNotice key={one.slug} plugin={one} className={className} onConfigure={() => open(one)} />
          ))}
      </div>
      {wasOpened && (
        <Suspense>
          <ConfigureDialog plugin={plugin} mode={mode} onClose={close} />
        </Suspense>
      )}
    </>
  );
}

interface OneProps {
  plugin: Plugin;
  className: string | undefined;
  onConfigure: () => void;
}

function OneNotice({ plugin: { name }, className, onConfigure }: OneProps) {
  return (
    <Group className={className} gap="sm">
      <IconAlertTriangle size={18} color="var(--app-warn)" aria-hidden />
      <Text size="sm" flex={1} miw={200}>
        {name} refuses your connection. Until that is set right, its cells get no new numbers.
      </Text>
      <Button size="compact-sm" variant="default" onClick={onConfigure}>
        Configure {name}
      </Button>
    </Group>
  );
}
