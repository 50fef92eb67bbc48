/** The grid's own words for finding, where they are wrong here or missing. */
export const findTexts = {
  "find-replace": {
    toolbar: "Find and replace",
    dialog: {
      title: "Find and replace",
      find: "Find",
      replace: "Replace",
      "replace-all": "Replace all",
      "case-sensitive": "Match case",
      "find-placeholder": "What to look for",
      "advanced-finding": "More options, and replace",
      "replace-placeholder": "What to put there",
      "match-the-whole-cell": "Whole cell only",
      "find-direction": { title: "Order", row: "By row", column: "By column" },
      "find-scope": { title: "Where", "current-sheet": "This sheet", workbook: "All sheets" },
      "find-by": { title: "What", value: "Shown values", formula: "Values and formulas" },
      "no-match": "Nothing was found.",
      "no-result": "Not found",
    },
    replace: {
      "all-success": "{0} cells were replaced.",
      "all-failure": "Nothing was replaced.",
      "partial-success": "{0} cells were replaced. {1} only show the text, by a formula or a format, and were left.",
      confirm: { title: "Replace in every cell that was found?" },
    },
    button: { confirm: "Replace all", cancel: "Cancel" },
  },
};
