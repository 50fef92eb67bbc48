import { Anchor, Badge, Card, Table, Text, Title } from "@mantine/core";
import { IconTable } from "@tabler/icons-react";
import { useId } from "react";
import { Link } from "react-router";
import { timeAgo } from "../app/time";
import css from "./WorkbookList.module.css";
import { WorkbookMenu } from "./WorkbookMenu";
import type { Workbook } from "./workbooks";

interface Props {
  title: string;
  empty: string;
  workbooks: Workbook[];
  isShared: boolean;
}

/** A table of workbooks under a heading. */
export function WorkbookList({ title, empty, workbooks, isShared }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Title order={2} fz={17} mb="xs" id={id}>
        {title}
      </Title>
      <Card withBorder padding={0}>
        {workbooks.length === 0 ? (
          <Text c="dimmed" p="md" size="sm">
            {empty}
          </Text>
        ) : (
          <Table highlightOnHover verticalSpacing="sm" horizontalSpacing="md" aria-labelledby={id}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Title</Table.Th>
                {isShared && <Table.Th w="26%">Owner</Table.Th>}
                {isShared && <Table.Th w={110}>You are</Table.Th>}
                <Table.Th w={160}>Changed</Table.Th>
                <Table.Th w={56}>
                  <span className={css.unseen}>Acts</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {workbooks.map((workbook) => (
                <Row key={workbook.id} workbook={workbook} isShared={isShared} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Card>
    </section>
  );
}

function Row({ workbook, isShared }: { workbook: Workbook; isShared: boolean }) {
  const { id, title, owner, role, updated_at } = workbook;
  return (
    <Table.Tr className={css.row}>
      <Table.Td className={css.title}>
        <IconTable size={18} className={css.icon} aria-hidden />
        <Anchor component={Link} to={`/w/${id}`} c="var(--mantine-color-text)" fw={550} className={css.link}>
          {title || "Untitled workbook"}
        </Anchor>
      </Table.Td>
      {isShared && <Table.Td>{owner.email}</Table.Td>}
      {isShared && (
        <Table.Td>
          <Badge variant="default">{role}</Badge>
        </Table.Td>
      )}
      <Table.Td c="dimmed">{timeAgo(updated_at)}</Table.Td>
      <Table.Td className={css.acts}>
        <WorkbookMenu workbook={workbook} />
      </Table.Td>
    </Table.Tr>
  );
}
