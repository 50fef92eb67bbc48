/** The nonce under which the server's policy lets this page add `<style>` elements. */
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";

export const getStyleNonce = () => nonce;
