import { assert, describe, it } from "@effect/vitest"
import { isPublic, lookup } from "../src/PublicAddress.ts"

describe("PublicAddress", () => {
  it.each([
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.168.0.1",
    "198.19.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "localhost",
    "",
  ])("does not take %s for public", (address) => {
    assert.isFalse(isPublic(address))
  })

  it.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])("takes %s for public", (address) => {
    assert.isTrue(isPublic(address))
  })

  it.each([true, false])("resolves no name to this machine (all: %s)", async (all) => {
    const error = await new Promise<Error | null>((resolve) => lookup("localhost", { all }, resolve))
    assert.strictEqual((error as NodeJS.ErrnoException).code, "EADDRESSNOTPUBLIC")
  })
})
