import { Refusal, sentenceOf } from "../app/api";

/** What was wrong with an address and a password, and at which of the two, if at one. */
export interface Fault {
  field?: "email" | "password";
  sentence: string;
}

const LOOKS_LIKE_EMAIL = /^\S+@\S+\.\S+$/;
const SHORTEST_PASSWORD = 8;

export const checkEmail = (text: string) =>
  LOOKS_LIKE_EMAIL.test(text.trim()) ? null : "Enter an e-mail address, such as name@company.org.";

export const checkNewPassword = (text: string) =>
  text.length >= SHORTEST_PASSWORD ? null : `Use at least ${SHORTEST_PASSWORD} characters.`;

/** The server names no field; its status and sentence tell it. */
export function faultOf(error: unknown): Fault {
  const sentence = sentenceOf(error);
  const status = error instanceof Refusal ? error.status : 0;
  if (status === 401 || (status === 422 && /password/i.test(sentence))) return { field: "password", sentence };
  if (status === 409 || (status === 422 && /address/i.test(sentence))) return { field: "email", sentence };
  return { sentence };
}
