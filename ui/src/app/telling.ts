import { notifications } from "@mantine/notifications";
import type { ReactNode } from "react";
import { sentenceOf } from "./api";

/** Tell that something went well. */
export const tellDone = (message: ReactNode) => notifications.show({ color: "grid", message });

/** Tell that something did not happen, and why. It stays until it is read. */
export const tellFailed = (title: string, error: unknown) =>
  notifications.show({ color: "red", title, message: sentenceOf(error), autoClose: false });
