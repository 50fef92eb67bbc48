import { useEffect, useRef } from "react";

/**
 * Gives the focus back to what a dialog was opened from.
 *
 * Noted while the dialog is drawn for the first time, before a field of it can take the focus for itself.
 */
export function useOpener(isOpen: boolean) {
  const opener = useRef<Element | null>(null);
  if (isOpen && opener.current === null) opener.current = document.activeElement;
  useEffect(() => {
    if (isOpen || !(opener.current instanceof HTMLElement)) return;
    const { current } = opener;
    opener.current = null;
    // The dialog lets go of the focus only after it is gone.
    const timer = setTimeout(() => current.focus({ preventScroll: true }), 0);
    return () => clearTimeout(timer);
  }, [isOpen]);
}
