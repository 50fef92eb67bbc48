import { Alert, TextInput } from "@mantine/core";
import { IconLink } from "@tabler/icons-react";
import { CopyButton } from "../app/CopyButton";

/** The link that makes an invite good. The server keeps only its fingerprint, so it is shown this once. */
export function InviteLink({ email, url }: { email: string; url: string }) {
  return (
    <Alert variant="default" icon={<IconLink />} title={`${email} has no account here yet`}>
      <TextInput
        label="Send this link. It is shown only now."
        value={url}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
        rightSection={<CopyButton text={url} label="Copy the link" />}
      />
    </Alert>
  );
}
