import { useState } from "react";
import { useNavigate } from "react-router";
import { tellFailed } from "../app/telling";
import { useWorkbookActs } from "./workbooks";

/** Makes an empty workbook and opens it. */
export function useNewWorkbook() {
  const navigate = useNavigate();
  const acts = useWorkbookActs();
  const [isCreating, setCreating] = useState(false);
  const create = async () => {
    setCreating(true);
    try {
      await navigate(`/w/${await acts.create("Untitled workbook")}`);
    } catch (error) {
      tellFailed("No workbook was made", error);
    } finally {
      setCreating(false);
    }
  };
  return { create, isCreating };
}
