import type { Schema } from "../app/api";

/** What it takes to seal one batch, as the server gives it. */
export type Invitation = Schema["SealingKey"];

/** Seals one value for its place: this invitation and user, this plugin, this key. */
export type Seal = (invitation: Invitation, plugin: string, key: string, value: string) => Promise<string>;

let found: Promise<Seal | undefined> | undefined;

/** How this browser seals; undefined where it cannot. It finds out once, and loads what it needs for it. */
export function sealer(): Promise<Seal | undefined> {
  found ??= canSeal().then((can) => (can ? loadSeal() : undefined));
  return found;
}

/** Old browsers have no X25519, and none has any of this outside of https and of the machine itself. */
async function canSeal(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
    return true;
  } catch {
    return false;
  }
}

async function loadSeal(): Promise<Seal> {
  const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import("@hpke/core");
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  return async (invitation, plugin, key, value) => {
    const recipientPublicKey = await suite.kem.deserializePublicKey(fromBase64Url(invitation.public_key));
    const sender = await suite.createSenderContext({ recipientPublicKey, info: placeOf(invitation, plugin, key) });
    const ciphertext = await sender.seal(encode(value));
    return toBase64Url(joined([new Uint8Array(sender.enc), new Uint8Array(ciphertext)]));
  };
}

type Bytes = Uint8Array<ArrayBuffer>;

const encode = (text: string): Bytes => new TextEncoder().encode(text);

/** What a sealed value is bound to: each part behind its length, so that ("ab", "c") and ("a", "bc") differ. */
export function placeOf({ kid, user_id }: Pick<Invitation, "kid" | "user_id">, plugin: string, key: string): Bytes {
  const parts = [encode("gridos/envelope/v1"), uuidBytes(kid), uuidBytes(user_id), encode(plugin), encode(key)];
  return joined(parts.flatMap((part) => [lengthOf(part), part]));
}

function lengthOf(part: Bytes): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return length;
}

const uuidBytes = (uuid: string): Bytes =>
  Uint8Array.from(uuid.replaceAll("-", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function joined(parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** base64url without padding, as all binary things travel here. */
export const toBase64Url = (bytes: Bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

export const fromBase64Url = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
