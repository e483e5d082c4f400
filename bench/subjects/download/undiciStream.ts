import { createWriteStream } from "node:fs"
import { Agent } from "undici"
import { measured } from "../measured.ts"
import { address, target } from "./address.ts"

await measured(async () => {
  const agent = new Agent()
  const { origin, pathname } = new URL(address())
  await agent.stream({ origin, path: pathname, method: "GET" }, () => createWriteStream(target()))
  await agent.close()
})
