// The server sends a reason by its name. A sentence in an address could be anybody's.
const SENTENCES: Record<string, string> = {
  account_disabled: "This account is disabled. Ask the operator of this server.",
  address_missing: "The sign-in service names no e-mail address for you, so no account can be made.",
  address_taken:
    "Another account here holds your e-mail address, and accounts are never joined by address. Sign in to that one with its password.",
  sign_in_declined: "The sign-in service was told not to sign you in.",
  sign_in_lost: "That sign-in was begun in another browser, or too long ago. Begin again.",
  sign_up_closed: "You have no account here, and sign-up is closed. Ask the operator of this server.",
};

const OTHERWISE = "Signing in that way does not work at the moment. Try again shortly, or ask the operator.";

/** Why the sign-in service's answer did not sign the visitor in; nothing if that is not what the page is about. */
export function reasonIn(search: URLSearchParams): string | undefined {
  const refused = search.get("refused");
  if (refused === null) return undefined;
  return Object.hasOwn(SENTENCES, refused) ? SENTENCES[refused] : OTHERWISE;
}
