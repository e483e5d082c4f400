import { assert, describe, it } from "@effect/vitest"
import { createSocket } from "node:dgram"
import { Resolver } from "node:dns/promises"
import { isPublic, lookupWith } from "../src/PublicAddress.ts"

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

  it("looks names up, fails where any address is not public, and waits for no silent name server", async () => {
    const server = createSocket("udp4")
    const addresses: Record<string, ReadonlyArray<string>> = {
      public: ["8.8.8.8"],
      private: ["127.0.0.1"],
      mixed: ["8.8.8.8", "10.0.0.1"],
    }
    server.on("message", (query, { port }) => {
      const [name = ""] = /[a-z]+/u.exec(query.toString("latin1", 12)) ?? []
      if (name === "silent") return
      const end = query.indexOf(0, 12) + 5
      const isIPv4 = query.readUInt16BE(end - 4) === 1
      const records = (isIPv4 ? (addresses[name] ?? []) : []).map((address) =>
        // the name as before, A, IN, for no time
        Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]),
      )
      const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0])
      server.send(Buffer.concat([head, query.subarray(12, end), ...records]), port, "127.0.0.1")
    })
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve))
    try {
      const resolver = new Resolver({ timeout: 200, tries: 1 })
      resolver.setServers([`127.0.0.1:${server.address().port}`])
      const answers = (name: string, all: boolean) =>
        new Promise((resolve) =>
          lookupWith(resolver)(`${name}.test`, { all }, (error, address) =>
            resolve((error as { readonly code?: string } | null)?.code ?? address),
          ),
        )
      assert.deepStrictEqual(await answers("public", true), [{ address: "8.8.8.8", family: 4 }])
      assert.strictEqual(await answers("public", false), "8.8.8.8")
      assert.strictEqual(await answers("private", true), "EADDRESSNOTPUBLIC")
      assert.strictEqual(await answers("mixed", false), "EADDRESSNOTPUBLIC")
      assert.strictEqual(await answers("unknown", true), "ENODATA")
      assert.strictEqual(await answers("silent", true), "ETIMEOUT")
    } finally {
      server.close()
    }
  })
})
