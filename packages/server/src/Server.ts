/**
 * The server as one layer: build it and it serves, close its scope and it stops.
 *
 * @example
 * ```ts
 * import * as FliteNode from "@voiceclone/engine/FliteNode"
 * import { Server } from "@voiceclone/server/Server"
 *
 * const program = Effect.gen(function*() {
 *   const server = yield* Server
 *   server.baseUrl   // "http://127.0.0.1:8787/api"
 *   server.apiKey    // Redacted: a key that the server accepts
 *   server.keyIsNew  // true where this start made the key: show it once
 *   yield* Effect.never
 * })
 *
 * program.pipe(
 *   Effect.provide(Server.layer({ dataDirectory: ".voiceclone" }).pipe(Layer.provide(FliteNode.layer))),
 *   NodeRuntime.runMain,
 * )
 * ```
 *
 * `Server.layer({ dataDirectory, port: 0 })` takes a free port: for tests, and for a server inside another program.
 * It fails with {@link PortInUse}, {@link ListenFailed}, {@link DataDirectoryUnusable} or {@link StoreUnusable}, each with `message` and
 * `nextStep`. `Engine.layer` makes an engine by configuration.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { type EngineDescription, Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Path } from "effect/Path"
import * as References from "effect/References"
import { createServer, type Server as NodeServer, type ServerResponse } from "node:http"
import { ApiKeys } from "./ApiKeys.ts"
import type { BlobStore } from "./BlobStore.ts"
import * as BrokenRequest from "./BrokenRequest.ts"
import * as Database from "./Database.ts"
import { DataDirectory } from "./DataDirectory.ts"
import * as FileBlobStore from "./FileBlobStore.ts"
import { KeyStore } from "./KeyStore.ts"
import * as OneEffect from "./OneEffect.ts"
import * as ProcessMetrics from "./ProcessMetrics.ts"
import { Progress } from "./Progress.ts"
import { RequestRate } from "./RequestRate.ts"
import * as RequestWatch from "./RequestWatch.ts"
import { ResponseWriter } from "./ResponseWriter.ts"
import * as Retention from "./Retention.ts"
import * as Routes from "./Routes.ts"
import * as S3BlobStore from "./S3BlobStore.ts"
import { DataDirectoryUnusable, ListenFailed, PortInUse, type ServerError, type StoreUnusable } from "./ServerError.ts"
import { ServerConfig, type ServerOptions } from "./ServerOptions.ts"
import { StatusChanges } from "./StatusChanges.ts"
import { StoreIdentity } from "./StoreIdentity.ts"
import * as StatusShortcut from "./StatusShortcut.ts"
import * as Sweep from "./Sweep.ts"
import * as SqlTasks from "./SqlTasks.ts"
import * as SynthesisMetrics from "./SynthesisMetrics.ts"
import * as TaskMetrics from "./TaskMetrics.ts"
import * as UploadPace from "./UploadPace.ts"
import { WebhookQueue } from "./WebhookQueue.ts"
import * as WebhookSender from "./WebhookSender.ts"
import * as Worker from "./Worker.ts"

/** The running server's service. */
export class Server extends Context.Service<
  Server,
  {
    /** What clients take as the base URL, e.g. `http://127.0.0.1:8787/api`. */
    readonly baseUrl: string
    readonly host: string
    /** The port in fact, also where 0 was asked for. */
    readonly port: number
    /** Absolute. */
    readonly dataDirectory: string
    /** The first of the configured keys, or the one kept in the data directory. */
    readonly apiKey: Redacted.Redacted<string>
    /** Whether this start made the key. */
    readonly keyIsNew: boolean
    /** Where the page is, with the code that lets it in; where there is one. */
    readonly pageUrl: Redacted.Redacted<string> | undefined
    /** What speaks. */
    readonly engine: EngineDescription
  }
>()("voiceclone/server/Server") {
  /** Serves with the engine that it is given. */
  static layer(options: ServerOptions): Layer.Layer<Server, ServerError, Synthesizer> {
    return Layer.effect(Server, describe).pipe(
      Layer.provide(HttpRouter.serve(Routes.layer, { disableLogger: true, disableListenLog: true })),
      Layer.provide(responseWriter),
      Layer.provide(listener),
      Layer.provide(Layer.provide(background, untraced)),
      Layer.provide([TaskMetrics.layer, SynthesisMetrics.layer, ProcessMetrics.layer]),
      Layer.provide(Layer.provide(storage, untraced)),
      Layer.provide(ServerConfig.layer(options)),
      Layer.provide(Layer.effectDiscard(OneEffect.contract)),
      Layer.provide(NodeServices.layer),
    )
  }
}

/** Node says when a piece has been written. It never is where the client is gone; but then the request is interrupted. */
const responseWriter = Layer.succeed(ResponseWriter, (request) => {
  const response = NodeHttpServerRequest.toServerResponse(request) as ServerResponse
  return (piece) =>
    Effect.callback<void>((resume) => {
      response.write(piece, (error) => {
        if (!error) resume(Effect.void)
      })
    })
})

/** What nobody asked for: a trace of its own for each look into the queue would bury the others. */
const untraced = Layer.succeed(References.TracerEnabled, false)

/** What is left over is deleted before anything is begun. */
const background = Layer.mergeAll(Worker.layer, Retention.layer, WebhookSender.layer).pipe(Layer.provide(Sweep.layer))

/** `mapError` for layers. */
const failing =
  <E, E2>(describe: (error: E) => E2) =>
  <A, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E2, R> =>
    Layer.catch(layer, (error) => Layer.effectContext(Effect.fail(describe(error))))

/** One process counts requests in memory. */
const requestRate = Layer.unwrap(
  Effect.map(ServerConfig, ({ databaseUrl }) =>
    databaseUrl === undefined ? RequestRate.layerMemory : RequestRate.layerSql,
  ),
)

const database = Database.provideTo(
  Layer.mergeAll(TaskMetrics.layerQueue, requestRate, Progress.layer).pipe(
    Layer.provideMerge(Layer.mergeAll(SqlTasks.layer, StoreIdentity.layer, KeyStore.layer, WebhookQueue.layer)),
  ),
)

const blobs = Layer.unwrap(
  Effect.gen(function* (): Effect.fn.Return<
    Layer.Layer<BlobStore, DataDirectoryUnusable | StoreUnusable, DataDirectory | FileSystem | Path>,
    never,
    DataDirectory | ServerConfig
  > {
    const { path } = yield* DataDirectory
    const { store } = yield* ServerConfig
    return store === undefined
      ? FileBlobStore.layer.pipe(failing((cause) => damaged(path, `its folder ${cause.name} cannot be used`, cause)))
      : S3BlobStore.layer(store).pipe(Layer.provide(NodeHttpClient.layerNodeHttp))
  }),
)

const damaged = (path: string, reason: string, cause: unknown) =>
  new DataDirectoryUnusable({
    path,
    reason,
    nextStep: "Check its files and their permissions, or choose another data directory.",
    cause,
  })

const storage = Layer.mergeAll(blobs, ApiKeys.layer).pipe(
  Layer.provideMerge(database),
  Layer.provideMerge(Layer.merge(DataDirectory.layer, StatusChanges.layer)),
)

const nodeOptions = {
  // A slow line may take its time over an upload, and a client that polls every 30 s keeps its connection.
  requestTimeout: 30 * 60_000,
  keepAliveTimeout: 75_000,
  // Whoever offers another protocol, as Java's client does with h2c, is answered as all others are: watched, and on a
  // connection that stays. (Node.js from 22.21 and 24.9 on.)
  shouldUpgradeCallback: () => false,
}

const listener = Layer.unwrap(
  Effect.gen(function* () {
    const { host, idleTimeout, port, shutdownTimeout, uploadPace } = yield* ServerConfig
    const server = createServer(nodeOptions).setTimeout(Duration.toMillis(idleTimeout))
    const watch = RequestWatch.watch(server, yield* Effect.context<never>())
    yield* StatusShortcut.install(server, watch)
    // Node takes a request with `Expect: 100-continue` for another kind of event; curl sends each large form so.
    server.on("checkContinue", (request, response) => watch(request, response, performance.now()))
    BrokenRequest.install(server)
    UploadPace.watch(server, uploadPace, ({ socket }, { headersSent }) =>
      headersSent ? socket.destroy() : BrokenRequest.answer(socket, 408),
    )
    return Layer.effectDiscard(closeStragglers(server)).pipe(
      Layer.provideMerge(
        NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout: shutdownTimeout }).pipe(
          failing(({ cause }) => listenError(host, port, cause as NodeJS.ErrnoException)),
        ),
      ),
    )
  }),
)

/** Connections that are still open once the time to end requests has passed. */
const closeStragglers = (server: NodeServer) =>
  Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))

const listenError = (host: string, port: number, { code, message }: NodeJS.ErrnoException) =>
  code === "EADDRINUSE"
    ? new PortInUse({ host, port })
    : new ListenFailed({ host, port, reason: reasons[code ?? ""] ?? message })

const reasons: Record<string, string> = {
  EACCES: "this user may not listen on that port",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "no such host is known",
}

/** Wildcard addresses are for listening; a client on this machine calls the loopback. */
const callable = (host: string): string => {
  const address = host === "0.0.0.0" || host === "" ? "127.0.0.1" : host === "::" ? "::1" : host
  return address.includes(":") ? `[${address}]` : address
}

const describe = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const { first, firstIsNew, keep } = yield* ApiKeys
  const { path } = yield* DataDirectory
  const { host, page } = yield* ServerConfig
  const { description: engine } = yield* Synthesizer
  const port = "port" in address ? address.port : 0
  const origin = `http://${callable(host)}:${port}`
  const baseUrl = `${origin}/api`
  yield* keep
  // Before the listener waits for the requests under way to end.
  yield* Effect.addFinalizer(() => StatusChanges.use((changes) => changes.end))
  yield* Effect.logInfo("Server ready").pipe(
    Effect.annotateLogs({
      baseUrl,
      dataDirectory: path,
      engine: `${engine.name} ${engine.version}`,
      kind: engine.kind,
    }),
  )
  return {
    baseUrl,
    host,
    port,
    dataDirectory: path,
    apiKey: first.key,
    keyIsNew: firstIsNew,
    pageUrl: page === undefined ? undefined : Redacted.make(`${origin}/#${Redacted.value(page.code)}`),
    engine,
  }
})
