import { client, isRefusal, type Schema } from "../app/api";
import { sealer } from "./sealing";

/** What is sent of values: in the clear by `secrets`, sealed for the server by `sealed`. */
export interface Batch {
  secrets: Record<string, string>;
  sealed?: Record<string, string>;
  kid?: string;
}

/**
 * Send values sealed, where this browser can: what stands between it and the server then reads none of them.
 *
 * An invitation to seal is good for one batch and some minutes. When it is refused, another is asked for, once.
 */
export async function sendBatch<Answer>(
  slug: string,
  secrets: Record<string, string>,
  send: (batch: Batch) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send(await batchOf(slug, secrets));
  } catch (error) {
    if (!isRefusal(error, 409)) throw error;
    return send(await batchOf(slug, secrets));
  }
}

async function batchOf(slug: string, secrets: Record<string, string>): Promise<Batch> {
  const values = Object.entries(secrets).filter(([, value]) => value !== "");
  const seal = values.length > 0 ? await sealer() : undefined;
  if (!seal) return { secrets };
  const { data } = await client.GET("/settings/plugin-secrets/_sealing-key");
  const invitation = data as Schema["SealingKey"];
  const sealed = values.map(async ([key, value]) => [key, await seal(invitation, slug, key, value)]);
  const cleared = Object.entries(secrets).filter(([, value]) => value === "");
  return {
    kid: invitation.kid,
    sealed: Object.fromEntries(await Promise.all(sealed)),
    secrets: Object.fromEntries(cleared),
  };
}
