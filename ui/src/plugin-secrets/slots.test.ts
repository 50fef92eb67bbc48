import { describe, expect, it } from "vitest";
import { type Drafts, faultsIn, type Slot, secretsIn } from "./slots";

const slot = (key: string, more: Partial<Slot> = {}): Slot => ({ key, label: key, placeholder: "", help: "", ...more });

const SHOP = slot("STORE_DOMAIN", {
  sensitive: false,
  normalize: "hostname",
  placeholder: "myshop.myshopify.com",
  pattern: "[a-z0-9][a-z0-9-]{0,59}\\.myshopify\\.com",
});
const TOKEN = slot("ADMIN_TOKEN");
const SLOTS = [SHOP, TOKEN];

const replace = (key: string, value: string): Drafts => ({ [key]: { kind: "replace", value } });

describe("what is sent", () => {
  it("is nothing while nothing is touched", () => {
    expect(secretsIn({}, SLOTS)).toEqual({});
    expect(secretsIn({ ADMIN_TOKEN: { kind: "untouched" } }, SLOTS)).toEqual({});
  });

  it("is the touched slot alone", () => {
    expect(secretsIn(replace("ADMIN_TOKEN", "shpat_1"), SLOTS)).toEqual({ ADMIN_TOKEN: "shpat_1" });
  });

  it.each(["", "   ", "\t"])("leaves out an input that holds only blanks", (value) => {
    expect(secretsIn(replace("ADMIN_TOKEN", value), SLOTS)).toEqual({});
  });

  it("has an empty text only for a slot that was cleared", () => {
    expect(secretsIn({ ADMIN_TOKEN: { kind: "clear" } }, SLOTS)).toEqual({ ADMIN_TOKEN: "" });
  });

  it("is trimmed at both ends", () => {
    expect(secretsIn(replace("ADMIN_TOKEN", "  shpat_1\t"), SLOTS)).toEqual({ ADMIN_TOKEN: "shpat_1" });
  });

  it("makes a host name of a pasted address", () => {
    expect(secretsIn(replace("STORE_DOMAIN", "https://MyShop.myshopify.com/"), SLOTS)).toEqual({
      STORE_DOMAIN: "myshop.myshopify.com",
    });
  });

  it("never holds a key the manifest does not declare", () => {
    expect(secretsIn(replace("OLD_KEY", "x"), SLOTS)).toEqual({});
  });
});

describe("what is refused before it is sent", () => {
  it.each(["•••••", "****", "●●"])("is a mask: %s", (mask) => {
    expect(faultsIn(replace("ADMIN_TOKEN", mask), SLOTS).ADMIN_TOKEN).toContain("mask");
  });

  it("is a value of another form, said with the example and without the value", () => {
    const { STORE_DOMAIN } = faultsIn(replace("STORE_DOMAIN", "evil.example.com"), SLOTS);
    expect(STORE_DOMAIN).toContain("myshop.myshopify.com");
    expect(STORE_DOMAIN).not.toContain("evil");
  });

  it("is a value whose form fits only in part", () => {
    expect(faultsIn(replace("STORE_DOMAIN", "x.myshopify.com.evil.org"), SLOTS)).toHaveProperty("STORE_DOMAIN");
  });

  it("is a control character and more than 8 KB", () => {
    expect(faultsIn(replace("ADMIN_TOKEN", "a\u001bb"), SLOTS)).toHaveProperty("ADMIN_TOKEN");
    expect(faultsIn(replace("ADMIN_TOKEN", "é".repeat(4097)), SLOTS)).toHaveProperty("ADMIN_TOKEN");
    expect(faultsIn(replace("ADMIN_TOKEN", "é".repeat(4096)), SLOTS)).toEqual({});
  });

  it("is nothing of a slot that is cleared or untouched", () => {
    expect(faultsIn({ STORE_DOMAIN: { kind: "clear" } }, SLOTS)).toEqual({});
  });

  it("is left to the server where JavaScript cannot read the pattern", () => {
    expect(faultsIn(replace("K", "x"), [slot("K", { pattern: "(?P<name>y)" })])).toEqual({});
  });
});
