/**
 * The embedded server as a scoped Effect. It comes as a package of its own, loaded only here: most commands have no
 * server in them. It brings its own copy of Effect, so only plain values cross this line.
 */
import type { ApiKeysInvalid } from "@voiceclone/server/ApiKeys"
import type { EmbeddedServer, Options } from "@voiceclone/server/EmbeddedServer"
import type { ServerError } from "@voiceclone/server/ServerError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** This Node.js is too old for the server; the other commands do without what it lacks. */
export class NodeTooOld extends Data.TaggedError("NodeTooOld")<{ readonly version: string }> {
  override get message(): string {
    return `The embedded server needs Node.js 22.13 or newer; this is ${this.version}`
  }
  get nextStep(): string {
    return "Run it with a newer Node.js, or name another server with VOICECLONE_BASE_URL."
  }
}

/** What starting it can fail with. */
export type StartError = ServerError | ApiKeysInvalid | NodeTooOld

const load = Effect.suspend(() => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 13)
    ? Effect.promise(() => import("@voiceclone/server/EmbeddedServer"))
    : Effect.fail(new NodeTooOld({ version: process.version }))
})

/** Starts it, and stops it with the scope. */
export const start = (options: Options) =>
  Effect.acquireRelease(
    Effect.flatMap(load, (server) =>
      Effect.tryPromise({
        try: () => server.start(options),
        catch: (error) => error as StartError,
      }),
    ),
    (server: EmbeddedServer) => Effect.promise(() => server.close()),
  )
