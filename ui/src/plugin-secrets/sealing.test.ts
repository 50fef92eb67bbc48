import { webcrypto } from "node:crypto";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { bodiesOf, refuse, serve } from "../app/testing/server";
import type { Batch, sendBatch } from "./batch";
import { fromBase64Url, type Invitation, placeOf, toBase64Url } from "./sealing";

const SUITE = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const KID = "00112233-4455-6677-8899-aabbccddeeff";
const USER = "ffeeddcc-bbaa-9988-7766-554433221100";
const KEY = "GET /settings/plugin-secrets/_sealing-key";
const VALUE = "shpat_sécret";

/** A server's pair of keys, and what it answers to who wants to seal. */
async function inviting(kid = KID) {
  const pair = await SUITE.kem.generateKeyPair();
  const public_key = toBase64Url(new Uint8Array(await SUITE.kem.serializePublicKey(pair.publicKey)));
  return { pair, invitation: { kid, user_id: USER, public_key } as Invitation };
}

async function unsealed(pair: CryptoKeyPair, text: string, plugin: string, key: string, kid = KID): Promise<string> {
  const envelope = fromBase64Url(text);
  const opener = await SUITE.createRecipientContext({
    recipientKey: pair,
    enc: envelope.slice(0, 32).buffer,
    info: placeOf({ kid, user_id: USER }, plugin, key),
  });
  return new TextDecoder().decode(await opener.open(envelope.slice(32)));
}

/** Every test finds out anew what its browser can. */
const fresh = async () => {
  vi.resetModules();
  return (await import("./batch")).sendBatch as typeof sendBatch;
};

const kept = () => {
  const sent: Batch[] = [];
  const send = async (batch: Batch) => sent.push(batch);
  return { sent, send };
};

beforeEach(() => void vi.stubGlobal("crypto", webcrypto));

describe("a place", () => {
  it("has each part behind its length, most significant byte first", () => {
    const place = placeOf({ kid: KID, user_id: USER }, "stripe", "SECRET_KEY");
    expect([...place.slice(0, 4)]).toEqual([0, 0, 0, 18]);
    expect(new TextDecoder().decode(place.slice(4, 22))).toBe("gridos/envelope/v1");
    expect([...place.slice(22, 30)]).toEqual([0, 0, 0, 16, 0x00, 0x11, 0x22, 0x33]);
    expect(place.length).toBe(5 * 4 + 18 + 16 + 16 + 6 + 10);
  });
});

describe("base64url", () => {
  it("has neither padding nor characters that an address would change", () => {
    expect(toBase64Url(Uint8Array.of(0xfb, 0xff, 0xfe, 0x01))).toBe("-__-AQ");
    expect([...fromBase64Url("-__-AQ")]).toEqual([0xfb, 0xff, 0xfe, 0x01]);
  });
});

describe("where the browser can", () => {
  it("a value is sealed for the server, this plugin and this key alone", async () => {
    const { pair, invitation } = await inviting();
    serve({ [KEY]: invitation });
    const { sent, send } = kept();
    await (await fresh())("shopify", { ADMIN_TOKEN: VALUE }, send);
    expect(sent).toEqual([{ kid: KID, sealed: { ADMIN_TOKEN: expect.any(String) }, secrets: {} }]);
    const text = sent[0]?.sealed?.ADMIN_TOKEN ?? "";
    expect(await unsealed(pair, text, "shopify", "ADMIN_TOKEN")).toBe(VALUE);
    await expect(unsealed(pair, text, "shopify", "OTHER")).rejects.toThrow();
    await expect(unsealed(pair, text, "stripe", "ADMIN_TOKEN")).rejects.toThrow();
  });

  it("what is cleared goes beside it as an empty text, and alone it asks for no key", async () => {
    const { invitation } = await inviting();
    const asked = serve({ [KEY]: invitation });
    const { sent, send } = kept();
    const sealing = await fresh();
    await sealing("shopify", { STORE_DOMAIN: "", ADMIN_TOKEN: VALUE }, send);
    expect(sent[0]?.secrets).toEqual({ STORE_DOMAIN: "" });
    await sealing("shopify", { STORE_DOMAIN: "" }, send);
    expect(sent[1]).toEqual({ secrets: { STORE_DOMAIN: "" } });
    expect(bodiesOf(asked, KEY)).toHaveLength(1);
  });

  it("every batch has a key of its own", async () => {
    const { invitation } = await inviting();
    const asked = serve({ [KEY]: invitation });
    const { send } = kept();
    const sealing = await fresh();
    await sealing("stripe", { SECRET_KEY: VALUE }, send);
    await sealing("stripe", { SECRET_KEY: VALUE }, send);
    expect(bodiesOf(asked, KEY)).toHaveLength(2);
  });

  it("a key that the server forgot is replaced once, and not twice", async () => {
    const [first, second] = [await inviting(), await inviting("99112233-4455-6677-8899-aabbccddeeff")];
    const invitations = [first.invitation, second.invitation, first.invitation];
    serve({ [KEY]: () => invitations.shift() });
    const sealing = await fresh();
    const { Refusal } = await import("../app/api");
    const sent: Batch[] = [];
    const send = async (batch: Batch) => {
      sent.push(batch);
      if (sent.length === 1) throw new Refusal(409, "Ask for another key.");
    };
    await sealing("stripe", { SECRET_KEY: VALUE }, send);
    expect(sent.map(({ kid }) => kid)).toEqual([first.invitation.kid, second.invitation.kid]);
    const text = sent[1]?.sealed?.SECRET_KEY ?? "";
    expect(await unsealed(second.pair, text, "stripe", "SECRET_KEY", second.invitation.kid)).toBe(VALUE);
    const always = async () => {
      throw new Refusal(409, "Ask for another key.");
    };
    serve({ [KEY]: first.invitation });
    await expect(sealing("stripe", { SECRET_KEY: VALUE }, always)).rejects.toThrow("Ask for another key.");
  });

  it("nothing goes out in the clear when the server gives no key", async () => {
    serve({ [KEY]: refuse(503, "The vault is locked.") });
    const { sent, send } = kept();
    await expect((await fresh())("stripe", { SECRET_KEY: VALUE }, send)).rejects.toThrow("The vault is locked.");
    expect(sent).toEqual([]);
  });
});

describe("where the browser cannot", () => {
  it.each([
    ["without WebCrypto, as over plain http", { subtle: undefined }],
    ["without X25519", { subtle: { generateKey: () => Promise.reject(new Error("NotSupportedError")) } }],
  ])("%s, values go as they are and no key is asked for", async (_, crypto) => {
    vi.stubGlobal("crypto", crypto);
    const asked = serve({});
    const { sent, send } = kept();
    await (await fresh())("stripe", { SECRET_KEY: VALUE }, send);
    expect(sent).toEqual([{ secrets: { SECRET_KEY: VALUE } }]);
    expect(asked).toEqual([]);
  });
});
