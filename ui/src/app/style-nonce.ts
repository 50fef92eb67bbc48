/**
 * The nonce under which the server's policy lets this page add `<style>` elements.
 *
 * Mantine asks for it. The grid and the library that stops a page from scrolling behind a dialog know of no nonce, so
 * every `<style>` element that a script of ours makes carries it. Scripts need none: they come from files only.
 */
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";

export const getStyleNonce = () => nonce;

const createElement = document.createElement.bind(document);

document.createElement = (name: string, options?: ElementCreationOptions) => {
  const element = createElement(name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
