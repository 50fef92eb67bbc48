const HOME = "/";

/** Where to sign in, remembering the page asked for. */
export const signInAddress = (asked: string) =>
  asked === HOME ? "/sign-in" : `/sign-in?${new URLSearchParams({ next: asked })}`;

/** The page to show after signing in. Only one of ours: a link must not lead a visitor elsewhere. */
export function destinationIn(search: URLSearchParams): string {
  const asked = search.get("next") ?? HOME;
  const there = new URL(asked, window.location.origin);
  return asked.startsWith("/") && there.origin === window.location.origin
    ? there.pathname + there.search + there.hash
    : HOME;
}
