import { getStyleNonce } from "../../app/style-nonce";

/**
 * Gives every `<style>` that a script makes from now on the page's nonce; the result ends that.
 *
 * The grid writes its theme into such elements and has no setting for a nonce.
 */
export function withStyleNonce(): () => void {
  const own = document.createElement;
  document.createElement = function createElement(this: Document, name: string, options?: ElementCreationOptions) {
    const element: HTMLElement = own.call(this, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = getStyleNonce();
    return element;
  } as Document["createElement"];
  return () => {
    document.createElement = own;
  };
}
