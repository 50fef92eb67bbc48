import { client } from "../app/api";
import { tellFailed } from "../app/telling";

/** Ends the session. The page is loaded anew, so nothing it had read stays in memory. */
export async function signOut(next = "/sign-in") {
  try {
    await client.POST("/auth/sign-out");
    window.location.assign(next);
  } catch (error) {
    tellFailed("You are still signed in", error);
  }
}
