/**
 * One of several servers on one database, in a process of its own, to be killed, stopped and cut off. It prints its base
 * URL once it serves, and takes some time over each task. Arguments: the data directory; the database's URL.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Server } from "../src/Server.ts"
import { serve, StubSynthesizer } from "./TestServer.ts"

const [, , dataDirectory = "", url = ""] = process.argv

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

const server = serve({ dataDirectory, databaseUrl: Redacted.make(url), workers: 2 }, Slow)

NodeRuntime.runMain(Layer.launch(Layer.provide(announced, server)))
