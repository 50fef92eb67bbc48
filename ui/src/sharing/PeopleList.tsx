import { Avatar, Badge, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { tellDone, tellFailed } from "../app/telling";
import {
  type Active,
  collaboratorsOf,
  invite,
  type Pending,
  type People,
  ROLES,
  type Role,
  remove,
} from "./collaborators";

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
  const run = async (act: () => Promise<unknown>, done: string, failed: string) => {
    setBusy(true);
    try {
      await act();
      tellDone(done);
    } catch (error) {
      tellFailed(failed, error);
    } finally {
      await queries.invalidateQueries(collaboratorsOf(workbook));
      setBusy(false);
    }
  };
  const { email } = person;
  const end = () =>
    run(() => remove(workbook, person), `${email} has no access any more.`, `${email} still has access`);
  const turn = (role: Role) =>
    run(
      () => invite(workbook, email, role),
      `${email} is ${role === "editor" ? "an editor" : "a viewer"} now.`,
      `${email} keeps the role there was`,
    );
  return (
    <Group component="li" wrap="nowrap" gap="sm">
      <Avatar size={30} color="grid" variant="filled" alt="">
        {person.email.charAt(0).toUpperCase()}
      </Avatar>
      <Text size="sm" flex={1} truncate>
        {person.email}
      </Text>
      {person.kind === "pending" && <Badge variant="default">Invited</Badge>}
      {person.kind === "active" ? (
        <NativeSelect
          size="xs"
          w={100}
          aria-label={`Role of ${email}`}
          data={ROLES}
          value={person.role}
          disabled={isBusy}
          onChange={(event) => turn(event.currentTarget.value as Role)}
        />
      ) : (
        // Another role would be another invite, and the link that was sent would lead nowhere.
        <Text size="sm" c="dimmed" w={100} pl="xs" tt="capitalize">
          {person.role}
        </Text>
      )}
      <Button size="xs" variant="default" onClick={end} loading={isBusy} aria-label={`Remove ${person.email}`}>
        Remove
      </Button>
    </Group>
  );
}
