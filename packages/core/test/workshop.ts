/**
 * A place to run whole jobs in: the fake API on a real port, undici's sockets, and a directory on disk that goes away.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodePath from "@effect/platform-node/NodePath"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { createHash } from "node:crypto"
import * as CloneJob from "../src/CloneJob.ts"
import { Digest } from "../src/Digest.ts"
import * as Download from "../src/Download.ts"
import * as JobEvent from "../src/JobEvent.ts"
import * as Journal from "../src/Journal.ts"
import * as JournalStore from "../src/JournalStore.ts"
import * as Poller from "../src/Poller.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as VoiceCloneClient from "../src/VoiceCloneClient.ts"

/** SHA-256 by Node.js. */
export const digestLayer: Layer.Layer<Digest> = Layer.succeed(Digest, {
  sha256: Effect.sync(() => {
    const hash = createHash("sha256")
    return { update: (chunk: Uint8Array) => void hash.update(chunk), digest: () => hash.copy().digest() }
  }),
  sha256Of: (data) => Effect.sync(() => createHash("sha256").update(data).digest()),
})

export interface Furniture {
  readonly fileSystem?: Layer.Layer<FileSystem.FileSystem> | undefined
  /**
   * Where the journal is; `"disk"` is `jobs` in the directory.
   * @default memory, for as long as the workshop stands
   */
  readonly journal?: Layer.Layer<JournalStore.JournalStore> | "disk" | undefined
  /** How long the client waits for a byte. */
  readonly answerTimeout?: Duration.Input | undefined
}

const services = (
  baseUrl: string,
  directory: string,
  { fileSystem = NodeFileSystem.layer, journal = JournalStore.layerMemory, answerTimeout }: Furniture,
) =>
  CloneJob.CloneJob.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(Poller.Poller.layer, Download.Download.layer, Journal.Journal.layer)),
    Layer.provideMerge(
      Layer.mergeAll(
        VoiceCloneClient.layer({ apiKey, baseUrl, server: "the server", answerTimeout }),
        journal === "disk" ? JournalStore.layerFileSystem(`${directory}/jobs`) : journal,
      ),
    ),
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provideMerge(Layer.mergeAll(fileSystem, NodePath.layer, digestLayer)),
  )

/** What must stand in no file. */
export const apiKey = "sk-that-no-file-may-hold"

/** Sleeps so many times shorter: what a program pauses for, no test has to wait for. Its time goes as fast. */
export const hurried = (speed: number): Clock.Clock => {
  const began = performance.now()
  const epoch = Date.now()
  const millis = () => epoch + (performance.now() - began) * speed
  const nanos = () => BigInt(Math.round(millis() * 1e6))
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const timer = setTimeout(() => resume(Effect.void), Math.min(Duration.toMillis(duration) / speed, 2 ** 31 - 1))
        return Effect.sync(() => clearTimeout(timer))
      }),
  } satisfies Clock.Clock
}

export const hurriedClock = hurried(50)

/** The services, the scenario behind them, and a directory with nothing in it. */
export const workshop = Effect.fnUntraced(function* (scenario?: FakeApi.Scenario, furniture: Furniture = {}) {
  const api = FakeApi.make(scenario)
  const server = yield* FakeServer.make(api)
  const disk = yield* Effect.provide(FileSystem.FileSystem, NodeFileSystem.layer)
  const directory = yield* disk.makeTempDirectoryScoped({ prefix: "voiceclone-" })
  const context = yield* Layer.build(services(server.baseUrl, directory, furniture))
  const events: Array<JobEvent.JobEvent> = []
  return {
    api,
    server,
    disk,
    directory,
    events,
    /** What stands in the directory. */
    files: disk.readDirectory(directory),
    /** Runs a program with the services, soon rather than often. */
    run: <A, E, R>(program: Effect.Effect<A, E, R>) =>
      program.pipe(
        Effect.provideService(RetryPolicy.RetryPolicy, { schedule: Schedule.upTo(Schedule.spaced(5), { times: 4 }) }),
        Effect.provideService(JobEvent.Listener, (event) => Effect.sync(() => void events.push(event))),
        Effect.provideContext(context),
      ),
  }
})

/** Polls without a pause worth the name. */
export const soon: Poller.Options = { schedule: Schedule.spaced(5), timeout: "10 seconds" }
