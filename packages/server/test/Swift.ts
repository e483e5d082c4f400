/**
 * A store that speaks S3 and is not ours: OpenStack Swift, where Debian's `python3-swift` is installed. One for each process
 * that runs tests, in a directory that is gone afterwards.
 */
import { AwsClient } from "aws4fetch"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync } from "node:fs"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { StoreOptions } from "../src/StoreOptions.ts"

/** Debian's own, where its packages are. */
const python = "/usr/bin/python3"
const script = fileURLToPath(new URL("swift_server.py", import.meta.url))
const [accessKeyId, secretAccessKey, region] = ["voices:anna", "s3cret", "eu-north-1"]

export const isInstalled = spawnSync(python, ["-c", "import swift.proxy.server"]).status === 0

const start = async () => {
  const directory = mkdtempSync(join(tmpdir(), "voiceclone-swift-"))
  // It ends, and clears up, when its input ends: as this process does, however that is.
  const child = spawn(python, ["-B", script, directory], { stdio: ["pipe", "pipe", "ignore"] })
  const [port] = (await once(child.stdout, "data")) as [Buffer]
  for (const one of [child, child.stdin as Socket, child.stdout as Socket]) one.unref()
  const endpoint = `http://127.0.0.1:${port.toString().trim()}`
  const client = new AwsClient({ service: "s3", region, accessKeyId, secretAccessKey, retries: 0 })
  const { status } = await client.fetch(`${endpoint}/voices`, { method: "PUT" })
  if (status !== 200) throw new Error(`Swift answers ${status}`)
  return endpoint
}

let started: ReturnType<typeof start> | undefined

/** A place in the bucket `voices` with nothing in it. */
export const place = Effect.map(
  Effect.promise(() => (started ??= start())),
  (endpoint): StoreOptions => ({
    bucket: "voices",
    prefix: `some/${crypto.randomUUID()}`,
    region,
    endpoint,
    accessKeyId,
    secretAccessKey: Redacted.make(secretAccessKey),
    sessionToken: undefined,
  }),
)
