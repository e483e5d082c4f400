/**
 * A server with a result that takes a second to download, and a place to save it: time enough to break in.
 */
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Scratch from "./Scratch.ts"
import * as Throttle from "./Throttle.ts"

const speech = WavFile.tone({ seconds: 30 })

/** The SHA-256 of the result. */
export const exact = Scratch.sha256(speech)

export const open = async () => {
  const scratch = await Scratch.open()
  const api = FakeApi.make({ speech, lifecycle: ["completed"] })
  const server = await FakeServer.start(api)
  const line = await Throttle.start(() => server.baseUrl, 1_300_000)
  return {
    scratch,
    api,
    server,
    line,
    [Symbol.asyncDispose]: async () => {
      await line[Symbol.asyncDispose]()
      await server.close()
      await scratch[Symbol.asyncDispose]()
    },
  }
}
