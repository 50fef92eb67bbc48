import { Button, FileButton } from "@mantine/core";
import { IconFileImport } from "@tabler/icons-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { isRefusal, Refusal } from "../app/api";
import { tellFailed } from "../app/telling";
import { useWorkbookActs } from "./workbooks";

const CANNOT = new Refusal(404, "This server does not take files yet.");

/** Makes a workbook from an Excel file, or from one that GridOS exported. */
export function ImportButton() {
  const navigate = useNavigate();
  const acts = useWorkbookActs();
  const [isBusy, setBusy] = useState(false);
  const take = async (file: File | null) => {
    if (!file) return;
    setBusy(true);
    try {
      await navigate(`/w/${await acts.importFile(file)}`);
    } catch (error) {
      const isMissing = isRefusal(error, 404) || isRefusal(error, 405);
      tellFailed("The file was not imported", isMissing ? CANNOT : error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <FileButton onChange={take} accept=".xlsx,.json">
      {(props) => (
        <Button {...props} variant="default" leftSection={<IconFileImport size={16} />} loading={isBusy}>
          Import
        </Button>
      )}
    </FileButton>
  );
}
