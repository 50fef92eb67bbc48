import { ActionIcon, Avatar, Badge, Button, Group, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconListDetails, IconSearch, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useVisitor } from "../../accounts/whoAmI";
import { ShareDialog } from "../../sharing/ShareDialog";
import { colorOf } from "../grid/presence";
import type { Workbook } from "../live/frames";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "../WorkbookPage.module.css";
import { RefreshMenu } from "./RefreshMenu";
import { Title } from "./Title";
import { useShown } from "./useOpenWorkbook";

const STANDINGS = { connecting: "Connecting", online: "Live", offline: "Offline", closed: "Closed" };

interface Props {
  open: OpenWorkbook;
  workbook: Workbook;
  table: { isOn: boolean; toggle: () => void };
}

/** What the workbook is called, how it stands, who else is here, and what one can do with all of it. */
export function TitleBar({ open, workbook, table }: Props) {
  const { id, title, role, owner } = workbook;
  const { mode } = useVisitor();
  const standing = useShown(open, (shown) => shown.standing);
  const isOpen = standing !== "closed";
  const [isSharing, setSharing] = useState(false);
  return (
    <header className={css.bar}>
      <title>{`${title} · GridOS`}</title>
      <Title open={open} workbook={workbook} />
      <span className={css.live} data-standing={standing}>
        <span className={css.dot} />
        {STANDINGS[standing]}
      </span>
      {role === "viewer" && (
        <Tooltip label={`${owner.email} lets you look at this workbook, not change it.`}>
          <Badge variant="default" tabIndex={0}>
            View only
          </Badge>
        </Tooltip>
      )}
      <Progress open={open} />
      <Group gap="xs" ml="auto" wrap="nowrap">
        <People open={open} />
        {isOpen && role !== "viewer" && <History open={open} />}
        <Tooltip label="Find and replace, Ctrl + F">
          <ActionIcon variant="subtle" color="gray" aria-label="Find and replace" onClick={() => open.grid.find(false)}>
            <IconSearch size={18} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={table.isOn ? "Back to the grid" : "Show as a table, for screen readers and fingers"}>
          <ActionIcon
            variant={table.isOn ? "filled" : "subtle"}
            color={table.isOn ? "grid" : "gray"}
            aria-label="Table view"
            aria-pressed={table.isOn}
            onClick={table.toggle}
          >
            <IconListDetails size={18} />
          </ActionIcon>
        </Tooltip>
        {isOpen && role !== "viewer" && <RefreshMenu open={open} workbook={workbook} />}
        {isOpen && role === "owner" && mode === "saas" && (
          <Button size="xs" leftSection={<IconUsers size={16} />} onClick={() => setSharing(true)}>
            Share
          </Button>
        )}
      </Group>
      {role === "owner" && (
        <ShareDialog workbook={id} title={title} opened={isSharing} onClose={() => setSharing(false)} />
      )}
    </header>
  );
}

/** Takes back one's own last edit, also one of an earlier visit: the server remembers them. */
function History({ open }: { open: OpenWorkbook }) {
  return (
    <>
      <ActionIcon variant="subtle" color="gray" aria-label="Undo" onClick={() => open.edit([{ op: "undo" }])}>
        <IconArrowBackUp size={18} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label="Redo" onClick={() => open.edit([{ op: "redo" }])}>
        <IconArrowForwardUp size={18} />
      </ActionIcon>
    </>
  );
}

/** How far the calls are, while there are any. */
function Progress({ open }: { open: OpenWorkbook }) {
  const { pending, done } = useShown(open, (shown) => shown.progress);
  const asked = pending + done;
  return (
    <>
      <span className={css.quiet} role="status">
        {pending > 0 && `${asked} asked, ${pending} to go`}
      </span>
      {pending > 0 && <span className={css.progress} style={{ width: `${(100 * (done + 0.5)) / asked}%` }} />}
    </>
  );
}

/** Everybody else who has the workbook open. */
function People({ open }: { open: OpenWorkbook }) {
  const others = useShown(open, (shown) => shown.present).filter(({ id }) => id !== open.me);
  if (others.length === 0) return null;
  return (
    <Avatar.Group aria-label="Also here">
      {others.map(({ id, email, sheet, range }) => (
        <Tooltip key={id} label={range ? `${email}, at ${sheet} ${range}` : email}>
          <Avatar size={28} color={colorOf(id)} variant="filled" role="img" aria-label={email} tabIndex={0}>
            {email.charAt(0).toUpperCase()}
          </Avatar>
        </Tooltip>
      ))}
    </Avatar.Group>
  );
}
