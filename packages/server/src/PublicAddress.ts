/**
 * Which addresses on the network are anyone's, and which are this machine's or its neighbours': what a client names must
 * not lead a server to the latter.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import type { LookupAddress, LookupOptions } from "node:dns"
import { Resolver } from "node:dns/promises"
import { BlockList, isIP } from "node:net"

const special = new BlockList()
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  special.addSubnet(network, prefix, "ipv4")
}
// Within the only block that is assigned: protocols' own, documentation, and IPv4 in disguise (6to4).
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  special.addSubnet(network, prefix, "ipv6")
}
const assigned = new BlockList()
assigned.addSubnet("2000::", 3, "ipv6")

/** Whether an IP address is public. What is no address is not. */
export const isPublic = (address: string): boolean => {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, "ipv4")
    case 6:
      return assigned.check(address, "ipv6") && !special.check(address, "ipv6")
    default:
      return false
  }
}

/** A name leads to an address that is not public. */
export class AddressNotPublic extends Error {
  readonly code = "EADDRESSNOTPUBLIC"
}

type Answer = (error: Error | null, address: string | Array<LookupAddress>, family?: number) => void

/**
 * Makes the like of `dns.lookup` that fails where any address of the name is not public. As the `lookup` of a connection it
 * decides on the very address that is then connected to, so a name that changes in between gains nothing.
 */
export const lookupWith = (resolver: Resolver) => {
  const addressesOf = async (hostname: string): Promise<ReadonlyArray<LookupAddress>> => {
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    if (ipv4.status === "rejected" && ipv6.status === "rejected") throw ipv4.reason
    const found = [
      ...(ipv4.status === "fulfilled" ? ipv4.value.map((address) => ({ address, family: 4 })) : []),
      ...(ipv6.status === "fulfilled" ? ipv6.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (found.every(({ address }) => isPublic(address))) return found
    throw new AddressNotPublic("The name leads to an address that is not public")
  }
  return (hostname: string, options: LookupOptions, answer: Answer): void =>
    void addressesOf(hostname).then(
      (found) => (options.all === true ? answer(null, [...found]) : answer(null, found[0]!.address, found[0]!.family)),
      (error: Error) => answer(error, []),
    )
}

/**
 * Asks the name servers itself. The system's own way, `dns.lookup`, waits as long as it likes, in one of the few threads
 * that reading and writing files need too.
 */
export const lookup = lookupWith(new Resolver({ timeout: 2000, tries: 2 }))
