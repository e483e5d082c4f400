/**
 * A server in a process of its own, to be killed. It prints its base URL once it serves, begins the first task and
 * never ends it. Arguments: the data directory; `mute` to be killed in the place of its first answer.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ServerResponse } from "node:http"
import { Server } from "../src/Server.ts"
import { serve, StuckSynthesizer } from "./TestServer.ts"

if (process.argv[3] === "mute") {
  ServerResponse.prototype.writeHead = () => {
    process.kill(process.pid, "SIGKILL")
    throw new Error("Killed")
  }
}

const announced = Layer.effectDiscard(Effect.map(Server, ({ baseUrl }) => void process.stdout.write(`${baseUrl}\n`)))

const server = serve({ dataDirectory: process.argv[2] ?? "" }, StuckSynthesizer)

NodeRuntime.runMain(Layer.launch(Layer.provide(announced, server)))
