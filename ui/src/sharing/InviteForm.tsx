import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { checkEmail } from "../accounts/faults";
import { sentenceOf } from "../app/api";
import { tellDone } from "../app/telling";
import { collaboratorsOf, invite, ROLES, type Role } from "./collaborators";
import { InviteLink } from "./InviteLink";

/** An address and a role. For an address without an account it shows the link to send. */
export function InviteForm({ workbook }: { workbook: string }) {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [link, setLink] = useState<{ email: string; url: string }>();
  const form = useForm<{ email: string; role: Role }>({
    initialValues: { email: "", role: "editor" },
    validate: { email: checkEmail },
  });

  const send = form.onSubmit(
    async ({ email, role }) => {
      setBusy(true);
      setLink(undefined);
      try {
        const { collaborator, invite_url } = await invite(workbook, email.trim(), role);
        if (invite_url) setLink({ email: collaborator.email, url: invite_url });
        else tellDone(`${collaborator.email} has access now.`);
        form.reset();
        await queries.invalidateQueries(collaboratorsOf(workbook));
      } catch (error) {
        form.setFieldError("email", sentenceOf(error));
        form.getInputNode("email")?.focus();
      } finally {
        setBusy(false);
      }
    },
    () => form.getInputNode("email")?.focus(),
  );

  return (
    <Stack>
      <form onSubmit={send} noValidate>
        <Group align="flex-start" wrap="nowrap">
          <TextInput
            label="E-mail"
            type="email"
            placeholder="name@company.org"
            autoComplete="off"
            flex={1}
            data-autofocus
            {...form.getInputProps("email")}
          />
          <NativeSelect label="Role" data={ROLES} w={120} {...form.getInputProps("role")} />
          <Button type="submit" loading={isBusy} mt={25}>
            Invite
          </Button>
        </Group>
      </form>
      {link && <InviteLink {...link} />}
    </Stack>
  );
}
