import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../app/api";
import { checkEmail, checkNewPassword, type Fault, faultOf } from "./faults";
import { visitorChanged } from "./whoAmI";

interface Props {
  isNew: boolean;
  invite?: string;
  onDone: () => void;
}

/** Address and password. What is wrong is said at the field it is about, and the cursor goes there. */
export function SignInForm({ isNew, invite, onDone }: Props) {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: {
      email: checkEmail,
      password: (text) => (isNew ? checkNewPassword(text) : text ? null : "Enter your password."),
    },
  });

  const show = ({ field, sentence }: Fault) => {
    if (!field) return setTrouble(sentence);
    form.setFieldError(field, sentence);
    form.getInputNode(field)?.focus();
  };

  const enter = form.onSubmit(
    async ({ email, password }) => {
      setBusy(true);
      setTrouble("");
      const typed = { email: email.trim(), password };
      try {
        await (isNew
          ? client.POST("/auth/sign-up", { body: { ...typed, invite } })
          : client.POST("/auth/sign-in", { body: typed }));
        await visitorChanged(queries);
        onDone();
      } catch (error) {
        show(faultOf(error));
        setBusy(false);
      }
    },
    (faults) => form.getInputNode(faults.email ? "email" : "password")?.focus(),
  );

  return (
    <form onSubmit={enter} noValidate>
      <Stack>
        {trouble && (
          <Alert color="red" variant="default" role="alert">
            {trouble}
          </Alert>
        )}
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          data-autofocus
          autoFocus
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label="Password"
          description={isNew ? "At least 8 characters." : undefined}
          autoComplete={isNew ? "new-password" : "current-password"}
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" size="md" loading={isBusy} fullWidth>
          {isNew ? "Create account" : "Sign in"}
        </Button>
      </Stack>
    </form>
  );
}
