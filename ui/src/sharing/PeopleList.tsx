import { Avatar, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { tellDone, tellFailed } from "../app/telling";
import { type Active, collaboratorsOf, type Pending, type People, remove } from "./collaborators";

/** Who has access and who is invited, each with a way to end it. */
export function PeopleList({ workbook, people }: { workbook: string; people: People }) {
  const all = [...people.collaborators, ...people.pending];
  if (all.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nobody else has access yet.
      </Text>
    );
  }
  return (
    <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: "none" }} aria-label="People with access">
      {all.map((person) => (
        <OnePerson key={person.kind + person.email} workbook={workbook} person={person} />
      ))}
    </Stack>
  );
}

function OnePerson({ workbook, person }: { workbook: string; person: Active | Pending }) {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    try {
      await remove(workbook, person);
      tellDone(`${person.email} has no access any more.`);
    } catch (error) {
      tellFailed(`${person.email} still has access`, error);
    } finally {
      setBusy(false);
      await queries.invalidateQueries(collaboratorsOf(workbook));
    }
  };
  return (
    <Group component="li" wrap="nowrap" gap="sm">
      <Avatar size={30} color="grid" variant="filled" alt="">
        {person.email.charAt(0).toUpperCase()}
      </Avatar>
      <Text size="sm" flex={1} truncate>
        {person.email}
      </Text>
      {person.kind === "pending" && <Badge variant="default">Invited</Badge>}
      <Text size="sm" c="dimmed" w={56} tt="capitalize">
        {person.role}
      </Text>
      <Button size="xs" variant="default" onClick={end} loading={isBusy} aria-label={`Remove ${person.email}`}>
        Remove
      </Button>
    </Group>
  );
}
