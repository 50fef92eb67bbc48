import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** Dialogs stand over the grid, whose own menus reach to 1100; what opens from a dialog stands over it. */
const DIALOG = 2000;
const OVER_DIALOG = 2001;

const grid: MantineColorsTuple = [
  "#e7f7f1",
  "#cfeee3",
  "#a1dcc8",
  "#6fcaab",
  "#47ba93",
  "#2aa87f",
  "#138f69",
  "#0b7a59",
  "#086349",
  "#054a37",
];

const dark: MantineColorsTuple = [
  "#dbe0e7",
  "#bcc4ce",
  "#a3adb9",
  "#7a8593",
  "#4a5461",
  "#363f4b",
  "#2a323c",
  "#1c222a",
  "#161b21",
  "#0f1317",
];

export const theme = createTheme({
  primaryColor: "grid",
  primaryShade: 7,
  colors: { grid, dark },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontWeight: "650" },
  respectReducedMotion: true,
  components: {
    Modal: {
      defaultProps: {
        zIndex: DIALOG,
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { "aria-label": "Close" },
      },
      styles: { title: { fontWeight: 650, fontSize: "1.05rem" } },
    },
    Menu: {
      defaultProps: { zIndex: OVER_DIALOG, shadow: "md", position: "bottom-end", withInitialFocusPlaceholder: false },
    },
    Tooltip: { defaultProps: { zIndex: OVER_DIALOG, openDelay: 300 } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } },
    PasswordInput: { defaultProps: { visibilityToggleButtonProps: { "aria-label": "Show or hide what you type" } } },
  },
});

/** Mantine's own greys and reds are too pale for WCAG AA on our surfaces. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#566070",
    "--mantine-color-placeholder": "#6b7480",
    "--mantine-color-error": "#c22525",
    "--app-canvas": "#f5f7f9",
    "--app-surface": "#ffffff",
    "--app-line": "#dfe4ea",
    "--app-good": "#0b7a59",
    "--app-warn": "#8f5300",
    "--app-bad": "#c22525",
    "--app-quiet": "#566070",
  },
  dark: {
    "--mantine-color-dimmed": "#a3adb9",
    "--mantine-color-placeholder": "#94a0ad",
    "--mantine-color-error": "#ff8f8f",
    "--app-canvas": "#14181d",
    "--app-surface": "#1c222a",
    "--app-line": "#323b46",
    "--app-good": "#6fcaab",
    "--app-warn": "#f2b354",
    "--app-bad": "#ff8f8f",
    "--app-quiet": "#a3adb9",
  },
});
