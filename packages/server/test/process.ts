/**
 * A server in a process of its own, to be killed, stopped and cut off; alone, or one of several. It prints its base URL once
 * it serves, and takes some time over each task. Arguments: the data directory; the URL of a database that others share.
 * With `VOICECLONE_STORE`, samples and results are there.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Server } from "../src/Server.ts"
import * as StoreOptions from "../src/StoreOptions.ts"
import { serve, StubSynthesizer } from "./TestServer.ts"

const [, , dataDirectory = "", url] = process.argv
const { VOICECLONE_STORE: store } = process.env

/** Speaks for a second. */
const Slow = Layer.effect(
  Synthesizer,
  Effect.map(Synthesizer, (stub) =>
    Synthesizer.of({
      ...stub,
      synthesize: (request) => Stream.schedule(stub.synthesize(request), Schedule.spaced("330 millis")),
    }),
  ),
).pipe(Layer.provide(StubSynthesizer))

const announced = Layer.effectDiscard(Effect.map(Server, ({ baseUrl }) => void process.stdout.write(`${baseUrl}\n`)))

const server = serve(
  {
    dataDirectory,
    workers: 2,
    ...(url === undefined ? {} : { databaseUrl: Redacted.make(url) }),
    ...(store === undefined ? {} : { store: Result.getOrThrow(StoreOptions.parse(store, process.env)) }),
  },
  Slow,
)

NodeRuntime.runMain(Layer.launch(Layer.provide(announced, server)))
