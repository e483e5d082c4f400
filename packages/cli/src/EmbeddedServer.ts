/**
 * The embedded server as a scoped Effect, its engines and its keys. It comes as a package of its own, loaded only here: most commands have no
 * server in them. It brings its own copy of Effect, so only plain values cross this line.
 */
import type { BackupFailed } from "@voiceclone/server/Backup"
import type { ApiKeysInvalid } from "@voiceclone/server/ApiKeys"
import type { ConfigurationInvalid } from "@voiceclone/server/Configuration"
import type { EmbeddedServer, Options } from "@voiceclone/server/EmbeddedServer"
import type { KeysError, Place } from "@voiceclone/server/Keys"
import type { ServerError } from "@voiceclone/server/ServerError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { defaultDataDirectory } from "./DataDirectory.ts"

/** This Node.js is too old for the server; the other commands do without what it lacks. */
export class NodeTooOld extends Data.TaggedError("NodeTooOld")<{ readonly version: string }> {
  override get message(): string {
    return `The embedded server needs Node.js 22.13 or newer; this is ${this.version}`
  }
  get nextStep(): string {
    return "Run it with a newer Node.js, or name another server with VOICECLONE_BASE_URL."
  }
}

/** The single executable is one file, and the server comes with worker threads and voices beside it. */
export class ServerNotIncluded extends Data.TaggedError("ServerNotIncluded") {
  override get message(): string {
    return "This executable has no embedded server in it"
  }
  get nextStep(): string {
    return "Install voiceclone with npm for serve, engine and --local, or name a server with VOICECLONE_BASE_URL."
  }
}

/** What starting it can fail with. */
export type StartError =
  | ServerError
  | ConfigurationInvalid
  | BackupFailed
  | ApiKeysInvalid
  | KeysError
  | NodeTooOld
  | ServerNotIncluded

const isExecutable = (): boolean => process.getBuiltinModule("node:sea").isSea()

/** Uses a part of the package, where this Node.js is new enough for it. */
const using = <Part, A>(load: () => Promise<Part>, use: (part: Part) => A | Promise<A>) =>
  Effect.suspend(() => {
    if (isExecutable()) return Effect.fail(new ServerNotIncluded())
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
    return major > 22 || (major === 22 && minor >= 13)
      ? Effect.flatMap(Effect.promise(load), (part) =>
          Effect.tryPromise({ try: async () => use(part), catch: (error) => error as StartError }),
        )
      : Effect.fail(new NodeTooOld({ version: process.version }))
  })

const engines = () => import("@voiceclone/server/Engines")

/** The engines that can be chosen. */
export const listEngines = using(engines, ({ list }) => list(process.env))

/** The model in a directory, once it is loaded. */
export const checkModel = (directory: string) => using(engines, ({ check }) => check(directory))

/** Installs a model from its archive or its directory. */
export const installModel = (options: {
  readonly source: string
  readonly models: string
  readonly name?: string | undefined
}) => using(engines, ({ install }) => install(options))

/** The models that are installed. */
export const installedModels = (models: string) => using(engines, ({ installed }) => installed(models))

/** Where the server that these flags and the environment configure keeps its tasks. */
export const placeOf = (flags: Readonly<Record<string, string>>) =>
  using(
    () => import("@voiceclone/server/Configuration"),
    ({ place }) => place({ flags, environment: process.env, defaults: { data: defaultDataDirectory() } }),
  )

const keys = () => import("@voiceclone/server/Keys")

/** Makes an API key, which is shown this once. */
export const createKey = (place: Place, owner: string) => using(keys, ({ create }) => create(place, owner))

/** The API keys of a server, as far as they are known. */
export const listKeys = (place: Place) => using(keys, ({ list }) => list(place))

/** Ends an API key; says whether it was in force. */
export const revokeKey = (place: Place, id: string) => using(keys, ({ revoke }) => revoke(place, id))

/** Copies a data directory, whether or not its server runs. */
export const backUp = (dataDirectory: string, target: string) =>
  using(
    () => import("@voiceclone/server/Backup"),
    ({ run }) => run(dataDirectory, target),
  )

const part = () => import("@voiceclone/server/EmbeddedServer")

const stopped = <E>(start: Effect.Effect<EmbeddedServer, E>) =>
  Effect.acquireRelease(start, (server) => Effect.promise(() => server.close()))

/** Starts it, and stops it with the scope. */
export const start = (options: Options) => stopped(using(part, (server) => server.start(options)))

/**
 * Starts the server that flags, environment and configuration file describe, and stops it with the scope. `greet` tells of it
 * before its log does.
 */
export const serve = (
  flags: Readonly<Record<string, string>>,
  page: string | undefined,
  greet: (server: EmbeddedServer) => Effect.Effect<void>,
) =>
  stopped(
    using(part, (server) =>
      server.serve({ flags, page, environment: process.env, defaults: { data: defaultDataDirectory() } }, (server) =>
        Effect.runSync(greet(server)),
      ),
    ),
  )
