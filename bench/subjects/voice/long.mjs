/** Speaks for many minutes, as a server does, and watches the memory. Prints its figures as JSON. */
import * as BufferMemory from "@voiceclone/engine/BufferMemory"
import * as FliteNode from "@voiceclone/engine/FliteNode"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import { peakOf } from "../peak.ts"

const [sample, minutes] = process.argv.slice(2)
const bytes = new Uint8Array(readFileSync(sample))
const sentence = "The train leaves at nine and arrives just before noon, unless it is late. "
const rss = []
let seconds = 0
const began = performance.now()

await Synthesizer.use((synthesizer) =>
  synthesizer.synthesize({ sample: bytes, text: sentence.repeat(Math.ceil((Number(minutes) * 60) / 4.5)) }).pipe(
    Stream.runForEach(({ pcm }) =>
      Effect.sync(() => {
        seconds += pcm.length / 22_050
        // As the server does with what it has written.
        BufferMemory.release(pcm.buffer)
        rss.push(process.memoryUsage().rss)
      }),
    ),
  ),
).pipe(Effect.provide(FliteNode.layer), Effect.runPromise)

const wall = (performance.now() - began) / 1000
const { system, user } = process.cpuUsage()
const most = (from, to) => Math.max(...rss.slice(Math.floor(from * rss.length), Math.ceil(to * rss.length)))
console.log(
  JSON.stringify({
    minutes: seconds / 60,
    cpu: (system + user) / 1e6 / seconds,
    wall: wall / seconds,
    firstTenth: most(0, 0.1),
    lastTenth: most(0.9, 1),
    peak: peakOf("self"),
  }),
)
