import { Menu } from "@mantine/core";
import { client } from "../../app/api";
import { tellFailed } from "../../app/telling";
import type { Workbook } from "../live/frames";

const OFF = "off";
const OFFERED = [5, 15, 30, 60, 1440];

/** How often a workbook asks again by itself while somebody looks: for its owner to choose, for others to know. */
export function Schedule({ workbook }: { workbook: Workbook }) {
  const { role, owner, refresh_minutes: minutes } = workbook;
  if (role !== "owner") return <Menu.Label>{`${everyText(minutes)}, as ${owner.email} chose`}</Menu.Label>;
  // A script may have chosen what is not offered here.
  const offered = [...new Set([...OFFERED, ...(minutes ? [minutes] : [])])].sort((one, other) => one - other);
  return (
    <>
      <Menu.Label>By itself, while somebody looks</Menu.Label>
      <Menu.RadioGroup
        value={minutes === null ? OFF : String(minutes)}
        onChange={(chosen) => choose(workbook.id, chosen === OFF ? null : Number(chosen))}
      >
        {[null, ...offered].map((one) => (
          <Menu.RadioItem key={one} value={one === null ? OFF : String(one)} closeMenuOnClick>
            {everyText(one)}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

function everyText(minutes: number | null): string {
  if (minutes === null) return "Never by itself";
  if (minutes === 1440) return "Every day";
  if (minutes === 60) return "Every hour";
  return minutes === 1 ? "Every minute" : `Every ${minutes} minutes`;
}

/** The live socket tells everybody of it, this browser too. */
async function choose(workbook: string, refresh_minutes: number | null) {
  try {
    await client.PATCH("/workbook/{workbook}", { params: { path: { workbook } }, body: { refresh_minutes } });
  } catch (error) {
    tellFailed("The schedule stays as it was", error);
  }
}
