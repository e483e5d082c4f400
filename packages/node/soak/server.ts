/** The real server in a process of its own, to be killed. Its arguments are its data directory and its port. */
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import { writeSync } from "node:fs"

const server = await EmbeddedServer.start({ dataDirectory: process.argv[2] ?? "", port: 0 })
writeSync(1, `${JSON.stringify({ baseUrl: server.baseUrl, apiKey: server.apiKey })}\n`)
