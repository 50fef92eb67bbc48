import { Alert, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Problem } from "../app/Problem";
import { collaboratorsOf } from "./collaborators";
import { InviteForm } from "./InviteForm";
import { PeopleList } from "./PeopleList";

interface Props {
  workbook: string;
  title: string;
  opened: boolean;
  onClose: () => void;
}

/** Who else may see or change a workbook. For its owner. */
export function ShareDialog({ workbook, title, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Share “${title}”`} size="lg">
      <Sharing workbook={workbook} />
    </Modal>
  );
}

function Sharing({ workbook }: { workbook: string }) {
  const { data, error, isPending, refetch } = useQuery(collaboratorsOf(workbook));
  return (
    <Stack>
      <InviteForm workbook={workbook} />
      {isPending && <Skeleton h={80} />}
      {error && <Problem title="The people cannot be listed" error={error} onRetry={refetch} />}
      {data && <PeopleList workbook={workbook} people={data} />}
      <Alert variant="default" icon={<IconLock />}>
        <Text size="sm">
          Formulas here use <em>your</em> connections. Collaborators see results, never keys.
        </Text>
      </Alert>
    </Stack>
  );
}
