/**
 * A server in a process of its own, which speaks a second for each task: to be killed, stopped and cut off.
 */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { StoreOptions } from "../src/StoreOptions.ts"
import * as S3TestServer from "./S3TestServer.ts"

const script = fileURLToPath(new URL("process.ts", import.meta.url))

/** Where the server keeps what it has. */
export interface Place {
  readonly dataDirectory: string
  /** Of a database that several servers share. */
  readonly url?: string
  readonly store?: StoreOptions | undefined
}

/** Killed with the scope at the latest. */
export const start = ({ dataDirectory, store, url }: Place) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const args = ["--conditions=@voiceclone/source", script, dataDirectory, ...(url === undefined ? [] : [url])]
      const child = spawn(process.execPath, args, {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, ...(store === undefined ? {} : S3TestServer.environment(store)) },
      })
      const [line] = (await once(child.stdout, "data")) as [Buffer]
      return { child, baseUrl: line.toString().trim() }
    }),
    ({ child }) => Effect.sync(() => void child.kill("SIGKILL")),
  )
