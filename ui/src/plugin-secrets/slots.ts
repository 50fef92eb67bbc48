/** One declared secret, as a manifest describes its field. Members a manifest left out are missing. */
export interface Slot {
  key: string;
  label: string;
  placeholder: string;
  help: string;
  optional?: boolean;
  sensitive?: boolean;
  pattern?: string;
  normalize?: string;
  obtain_url?: string;
  obtain_label?: string;
}

/** What the form wants to do with one slot. An input left empty wants nothing. */
export type Draft = { kind: "untouched" } | { kind: "replace"; value: string } | { kind: "clear" };

export type Drafts = Readonly<Record<string, Draft>>;

export const UNTOUCHED: Draft = { kind: "untouched" };

/** The values to send. Only a slot somebody touched is in it, so saving one never wipes another. */
export function secretsIn(drafts: Drafts, slots: readonly Slot[]): Record<string, string> {
  const sent = slots.flatMap((slot): [string, string][] => {
    const draft = drafts[slot.key] ?? UNTOUCHED;
    if (draft.kind === "clear") return [[slot.key, ""]];
    const value = draft.kind === "replace" ? normalized(draft.value, slot) : "";
    return value ? [[slot.key, value]] : [];
  });
  return Object.fromEntries(sent);
}

/** What is wrong with the values that would be sent, by key. No sentence repeats a value. */
export function faultsIn(drafts: Drafts, slots: readonly Slot[]): Record<string, string> {
  const sent = secretsIn(drafts, slots);
  const faults = slots.flatMap((slot): [string, string][] => {
    const fault = faultOf(sent[slot.key] ?? "", slot);
    return fault ? [[slot.key, fault]] : [];
  });
  return Object.fromEntries(faults);
}

const LARGEST = 8 * 1024;
const ONLY_MASKS = /^[*•●]+$/u;
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

// The server checks the same once more; here it answers while one types.
function faultOf(value: string, slot: Slot): string | undefined {
  if (!value) return undefined;
  if (FORBIDDEN.test(value)) return "This holds a line break or another control character. Paste it again without.";
  if (new TextEncoder().encode(value).length > LARGEST) return "This is longer than 8 KB.";
  if (ONLY_MASKS.test(value)) return "This is only a mask. Paste the value itself.";
  if (matches(value, slot.pattern)) return undefined;
  return slot.placeholder ? `This should look like ${slot.placeholder}` : "This does not have the expected form.";
}

function normalized(text: string, slot: Slot): string {
  const value = text.trim();
  if (slot.normalize !== "hostname") return value;
  return value
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "");
}

/** Patterns are Python's. One that JavaScript cannot read is left to the server. */
function matches(value: string, pattern?: string): boolean {
  if (!pattern) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    return true;
  }
}
