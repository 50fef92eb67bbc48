import { Button, Skeleton, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useVisitor } from "../accounts/whoAmI";
import { Page } from "../app/Page";
import { Problem } from "../app/Problem";
import { RefusedNotice } from "../plugin-secrets/RefusedNotice";
import { FirstSteps } from "./FirstSteps";
import css from "./HomePage.module.css";
import { useNewWorkbook } from "./useNewWorkbook";
import { WorkbookList } from "./WorkbookList";
import { matching, own, shared } from "./workbooks";

/** One's own workbooks, and what others share. */
export function HomePage() {
  const { mode } = useVisitor();
  const isAlone = mode === "oss";
  const mine = useQuery(own);
  const theirs = useQuery({ ...shared, enabled: !isAlone });
  const [search, setSearch] = useState("");
  const { create, isCreating } = useNewWorkbook();
  const failed = [mine, theirs].find(({ error }) => error);
  const hasNone = mine.data?.workbooks.length === 0 && !theirs.data?.workbooks.length;

  return (
    <Page
      title="Workbooks"
      actions={
        !hasNone && (
          <>
            <TextInput
              aria-label="Search workbooks"
              placeholder="Search"
              leftSection={<IconSearch size={16} />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <Button leftSection={<IconPlus size={16} />} onClick={create} loading={isCreating}>
              New workbook
            </Button>
          </>
        )
      }
    >
      <RefusedNotice className={css.notice} />
      {failed && <Problem title="Your workbooks cannot be listed" error={failed.error} onRetry={failed.refetch} />}
      {!failed && !mine.data && <Skeletons />}
      {!failed && hasNone && <FirstSteps onNew={create} isCreating={isCreating} />}
      {!failed && mine.data && !hasNone && (
        <>
          <WorkbookList
            title="My workbooks"
            empty={search ? "None of yours has that in its title." : "None of your own yet. New makes one."}
            workbooks={matching(mine.data.workbooks, search)}
            isShared={false}
          />
          {!isAlone && (
            <WorkbookList
              title="Shared with me"
              empty={
                search ? "None of these has that in its title or owner." : "What others share with you appears here."
              }
              workbooks={matching(theirs.data?.workbooks ?? [], search)}
              isShared
            />
          )}
        </>
      )}
    </Page>
  );
}

function Skeletons() {
  return (
    <Stack role="status" aria-label="Listing your workbooks">
      <Skeleton h={28} w={160} />
      {[1, 2, 3].map((line) => (
        <Skeleton key={line} h={48} />
      ))}
    </Stack>
  );
}
