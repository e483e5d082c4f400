/**
 * A server in a process of its own, to be killed. It prints its base URL once it serves, begins the first task and
 * never ends it. Argument: the data directory.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Server } from "../src/Server.ts"
import { serve, StuckSynthesizer } from "./TestServer.ts"

const announced = Layer.effectDiscard(Effect.map(Server, ({ baseUrl }) => void process.stdout.write(`${baseUrl}\n`)))

const server = serve({ dataDirectory: process.argv[2] ?? "" }, StuckSynthesizer)

NodeRuntime.runMain(Layer.launch(Layer.provide(announced, server)))
