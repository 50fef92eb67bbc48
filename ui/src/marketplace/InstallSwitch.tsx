import { Switch } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../app/api";
import { tellFailed } from "../app/telling";
import { marketplace, type Plugin } from "./plugins";

/** Installs a plugin or takes it away. Its functions start or stop working in one's own workbooks at once. */
export function InstallSwitch({ plugin: { slug, name, installed, loaded } }: { plugin: Plugin }) {
  const queries = useQueryClient();
  const toggle = api.useMutation("post", "/marketplace/toggle", {
    onError: (error) => tellFailed(installed ? `${name} is still installed` : `${name} is not installed`, error),
    // The switch keeps its new place until the list says the same.
    onSettled: () => queries.invalidateQueries({ queryKey: marketplace.queryKey }),
  });
  const isOn = toggle.isPending ? (toggle.variables.body.installed ?? installed) : installed;
  return (
    <Switch
      aria-label={`${name} installed`}
      checked={isOn}
      disabled={!loaded && !installed}
      onChange={(event) => toggle.mutate({ body: { slug, installed: event.currentTarget.checked } })}
    />
  );
}
