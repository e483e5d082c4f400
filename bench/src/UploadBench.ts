/**
 * A sample of 100 MiB from disk, as multipart/form-data.
 */
import { open } from "node:fs/promises"
import * as Bundled from "./Bundled.ts"
import * as Child from "./Child.ts"
import { compare, plain, ratio, rounds, save, table } from "./Comparison.ts"

const base = "node:http, framed by hand"

const subjects = {
  "voiceclone create": "voiceclone",
  "the same over Effect's node:http": "voicecloneNodeHttp",
  [base]: "framed",
  "undici + openAsBlob": "undiciForm",
  "fetch + openAsBlob": "fetchForm",
}

const mebibytes = 100

export const run = async (): Promise<void> => {
  const times = rounds(7)

  await using files = await Bundled.scratch()
  await using server = await Child.server("stub")
  const sample = files.path("voice.wav")
  const file = await open(sample, "w")
  for (let piece = 0; piece < mebibytes; piece++) await file.write(Buffer.alloc(1024 * 1024, piece))
  await file.close()

  const outcomes = await compare(
    `upload of ${mebibytes} MiB`,
    [
      ...(await Promise.all(
        Object.entries(subjects).map(async ([name, entry]) => {
          const bundle = await Bundled.subject("upload", entry)
          return { name, run: () => Child.figures(bundle, [server.origin, sample]) }
        }),
      )),
      {
        name: "curl -F",
        run: () =>
          Child.foreign("curl", [
            "-sf",
            "-F",
            "text=Hello!",
            "-F",
            `audio_file=@${sample};type=audio/wav`,
            `${server.origin}/api/async-clone/create-task`,
          ]),
      },
    ],
    times,
  )
  table(`Upload of ${mebibytes} MiB (median of ${times})`, outcomes, [
    plain("CPU ms", "cpu"),
    ratio("CPU ×", "cpu", outcomes, base),
    ratio("without start ×", "work", outcomes, base),
    plain("wall ms", "wall"),
    ratio("wall ×", "wall", outcomes, base),
    plain("peak MB", "rss", 0, 1e-6),
  ])
  await save("upload", outcomes)
}
