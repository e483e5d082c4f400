/**
 * What the server is held against: node:http alone. The status is a constant, the result a file, in pieces of as many
 * bytes as ours. Arguments: the JSON of a status; the file.
 */
import { createReadStream, statSync } from "node:fs"
import { createServer } from "node:http"
import { argument, listening } from "./listening.ts"

const status = JSON.parse(argument(0)) as object
const file = argument(1)
const size = file === "" ? 0 : statSync(file).size

const server = createServer((request, response) => {
  if (request.url?.includes("/task-result/") === true) {
    response.writeHead(200, { "content-type": "audio/wav", "content-length": size })
    return void createReadStream(file, { highWaterMark: 1024 * 1024 }).pipe(response)
  }
  const text = JSON.stringify(status)
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text)
})
listening(server)
