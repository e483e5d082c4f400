/** Speaks for many minutes, as a server does, and watches the memory. Prints its figures as JSON. */
import * as BufferMemory from "@voiceclone/engine/BufferMemory"
import * as FliteNode from "@voiceclone/engine/FliteNode"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import { anonymousOf, peakOf } from "../resident.ts"

const [sample, minutes] = process.argv.slice(2)
const bytes = new Uint8Array(readFileSync(sample))
const sentence = "The train leaves at nine and arrives just before noon, unless it is late. "
const [resident, anonymous] = [[], []]
let seconds = 0
const began = performance.now()
// The kernel keeps no peak of these.
let anonymousPeak = 0
setInterval(() => (anonymousPeak = Math.max(anonymousPeak, anonymousOf("self"))), 5).unref()

await Synthesizer.use((synthesizer) =>
  synthesizer.synthesize({ sample: bytes, text: sentence.repeat(Math.ceil((Number(minutes) * 60) / 4.5)) }).pipe(
    Stream.runForEach(({ pcm }) =>
      Effect.sync(() => {
        seconds += pcm.length / 22_050
        // As the server does with what it has written.
        BufferMemory.release(pcm.buffer)
        resident.push(process.memoryUsage().rss)
        anonymous.push(anonymousOf("self"))
      }),
    ),
  ),
).pipe(Effect.provide(FliteNode.layer), Effect.runPromise)

const wall = (performance.now() - began) / 1000
const { system, user } = process.cpuUsage()
const most = (of, from, to) => Math.max(...of.slice(Math.floor(from * of.length), Math.ceil(to * of.length)))
console.log(
  JSON.stringify({
    minutes: seconds / 60,
    cpu: (system + user) / 1e6 / seconds,
    wall: wall / seconds,
    firstTenth: most(resident, 0, 0.1),
    lastTenth: most(resident, 0.9, 1),
    peak: peakOf("self"),
    anonymousFirst: most(anonymous, 0, 0.1),
    anonymousLast: most(anonymous, 0.9, 1),
    anonymousPeak,
  }),
)
