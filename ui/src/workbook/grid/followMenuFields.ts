/** Enter in a field of a menu, as for a column's width, does what a click beside it does: by itself it does nothing. */
export function followMenuFields(): { dispose(): void } {
  const press = ({ key, target }: KeyboardEvent) => {
    if (key !== "Enter" || !(target instanceof HTMLInputElement)) return;
    target.closest<HTMLElement>(".univer-popup button")?.click();
  };
  document.addEventListener("keydown", press);
  return { dispose: () => document.removeEventListener("keydown", press) };
}
