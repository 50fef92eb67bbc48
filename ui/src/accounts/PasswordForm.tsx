import { Alert, Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, client, Refusal, sentenceOf } from "../app/api";
import { tellDone } from "../app/telling";
import { checkNewPassword } from "./faults";

const WRONG = "This is not your current password.";

/** The current password, and the one to have from now on. */
export function PasswordForm() {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { current: "", new: "" },
    validate: {
      current: (text) => (text ? null : "Enter your current password."),
      new: (text, { current }) => checkNewPassword(text) ?? (text === current ? "This is the current one." : null),
    },
  });

  const refuse = (error: unknown) => {
    const status = error instanceof Refusal ? error.status : 0;
    const field = status === 401 ? "current" : status === 422 ? "new" : undefined;
    if (!field) return setTrouble(sentenceOf(error));
    form.setFieldError(field, field === "current" ? WRONG : sentenceOf(error));
    form.getInputNode(field)?.focus();
  };

  const change = form.onSubmit(
    async (body) => {
      setBusy(true);
      setTrouble("");
      try {
        await client.POST("/auth/password", { body });
        form.reset();
        tellDone("Your password is changed. Other browsers are signed out.");
        await queries.invalidateQueries({ queryKey: api.queryOptions("get", "/auth/sessions").queryKey });
      } catch (error) {
        refuse(error);
      } finally {
        setBusy(false);
      }
    },
    (faults) => form.getInputNode(faults.current ? "current" : "new")?.focus(),
  );

  return (
    <form onSubmit={change} noValidate>
      <Stack>
        {trouble && (
          <Alert variant="default" role="alert">
            {trouble}
          </Alert>
        )}
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          key={form.key("current")}
          {...form.getInputProps("current")}
        />
        <PasswordInput
          label="New password"
          description="At least 8 characters."
          autoComplete="new-password"
          key={form.key("new")}
          {...form.getInputProps("new")}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={isBusy}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
