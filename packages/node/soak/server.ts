/** The real server in a process of its own, to be killed. Its arguments are its data directory and its port. */
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import { writeSync } from "node:fs"

// the samples are tones, which the voice match takes for no speech
const engine = { engine: "fixed" } as const
const server = await EmbeddedServer.start({ dataDirectory: process.argv[2] ?? "", port: 0, engine })
writeSync(1, `${JSON.stringify({ baseUrl: server.baseUrl, apiKey: server.apiKey })}\n`)
