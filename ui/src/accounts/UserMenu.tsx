import { Avatar, Menu, Text, UnstyledButton } from "@mantine/core";
import { IconHistory, IconLogout, IconUser } from "@tabler/icons-react";
import { Link } from "react-router";
import { signOut } from "./signOut";
import { useVisitor } from "./whoAmI";

/** Who is signed in, and the way out. A server of one user has neither. */
export function UserMenu() {
  const { email, mode } = useVisitor();
  if (mode === "oss") return null;
  return (
    <Menu width={240}>
      <Menu.Target>
        <UnstyledButton aria-label={`Your account, ${email}`}>
          <Avatar size={32} variant="filled" name={email} color="grid" alt="">
            {email.charAt(0).toUpperCase()}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Text size="sm" px="sm" py={6} truncate c="dimmed">
          {email}
        </Text>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={16} />}>
          Account
        </Menu.Item>
        <Menu.Item component={Link} to="/activity" leftSection={<IconHistory size={16} />}>
          Activity
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
