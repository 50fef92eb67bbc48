import { Code, Collapse, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useId, useState } from "react";
import { CopyButton } from "../app/CopyButton";
import css from "./FunctionList.module.css";
import type { Plugin, PluginFunction } from "./plugins";

/** The functions a plugin brings, folded; each with an example to copy. */
export function FunctionList({ plugin }: { plugin: Plugin }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const functions = describedFunctions(plugin);
  if (functions.length === 0) return null;
  return (
    <div>
      <UnstyledButton className={css.toggle} aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        <IconChevronRight size={16} className={css.chevron} data-open={isOpen} aria-hidden />
        {functions.length === 1 ? "1 function" : `${functions.length} functions`}
      </UnstyledButton>
      <Collapse expanded={isOpen} id={id}>
        <Stack component="ul" className={css.list}>
          {functions.map((one) => (
            <li key={one.name}>
              <Group gap={4} wrap="nowrap">
                <Code className={css.example}>{one.example}</Code>
                <CopyButton text={one.example} label={`Copy ${one.example}`} />
              </Group>
              {one.description && (
                <Text size="xs" c="dimmed">
                  {one.description}
                </Text>
              )}
            </li>
          ))}
        </Stack>
      </Collapse>
    </div>
  );
}

/** Every function that was loaded, with what the manifest says of it, if it says anything. */
function describedFunctions({ formulas, functions }: Plugin): (PluginFunction & { example: string })[] {
  return formulas.map((name) => {
    const described = functions.find((one) => one.name.toUpperCase() === name);
    return { ...described, name, example: described?.example ?? `=${name}()` };
  });
}
