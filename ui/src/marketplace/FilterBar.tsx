import { Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type Filters, type Plugin, STATUSES } from "./plugins";

interface Props {
  plugins: Plugin[];
  shown: number;
  filters: Filters;
  onChange: (filters: Filters) => void;
}

/** Search, category and status, and how many plugins that leaves. */
export function FilterBar({ plugins, shown, filters, onChange }: Props) {
  const categories = [...new Set(plugins.map(({ category }) => category).filter(Boolean))].sort();
  return (
    <Group gap="sm">
      <TextInput
        aria-label="Search plugins"
        placeholder="Search names, functions, authors"
        leftSection={<IconSearch size={16} />}
        w={280}
        value={filters.text}
        onChange={(event) => onChange({ ...filters, text: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Category"
        w={170}
        data={choices("Every category", categories)}
        value={filters.category}
        onChange={(event) => onChange({ ...filters, category: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label="Status"
        w={170}
        data={choices("Every status", Object.keys(STATUSES))}
        value={filters.status}
        onChange={(event) => onChange({ ...filters, status: event.currentTarget.value })}
      />
      <Text c="dimmed" size="sm" ml="auto" role="status">
        {shown} of {plugins.length} {plugins.length === 1 ? "plugin" : "plugins"}
      </Text>
    </Group>
  );
}

const choices = (every: string, names: string[]) => [{ value: "", label: every }, ...names];
