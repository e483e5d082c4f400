/**
 * A result to disk: ours (resumable, hashed, judged, synced) against what does less.
 */
import { rm, stat } from "node:fs/promises"
import * as Bundled from "./Bundled.ts"
import * as Child from "./Child.ts"
import { compare, plain, ratio, rounds, save, table } from "./Comparison.ts"

const base = "node:http pipeline"
const hashing = "node:http pipeline + SHA-256"

const subjects = {
  "voiceclone Download.toFile": "voiceclone",
  "the same over Effect's node:http": "voicecloneNodeHttp",
  [base]: "nodeHttp",
  [hashing]: "nodeHttpSha256",
  "undici stream": "undiciStream",
  "fetch to a file": "fetch",
  "got stream": "got",
}

const mebibyte = 1024 * 1024
const cases = [
  { megabytes: 10, usual: 7 },
  { megabytes: 256, usual: 5 },
  { megabytes: 2048, usual: 3 },
]

export const run = async (): Promise<void> => {
  await using files = await Bundled.scratch()
  await using server = await Child.server("stub")
  const bundles = new Map<string, string>()
  for (const [name, file] of Object.entries(subjects)) bundles.set(name, await Bundled.subject("download", file))

  const results = []
  for (const { megabytes, usual } of cases) {
    const times = rounds(usual)

    const bytes = megabytes * mebibyte
    const target = files.path("speech.wav")
    const checked = (run: () => ReturnType<typeof Child.figures>) => async () => {
      const figures = await run()
      const { size } = await stat(target)
      await rm(target)
      if (size !== bytes) throw new Error(`${size} bytes of ${bytes}`)
      return figures
    }
    const outcomes = await compare(
      `download of ${megabytes} MiB`,
      [
        ...[...bundles].map(([name, file]) => ({
          name,
          run: checked(() => Child.figures(file, [server.origin, String(bytes), target])),
        })),
        {
          name: "curl",
          run: checked(() =>
            Child.foreign("curl", ["-sf", "-o", target, `${server.origin}/api/async-clone/task-result/${bytes}`]),
          ),
        },
      ],
      times,
    )
    table(`Download of ${megabytes} MiB (median of ${times})`, outcomes, [
      plain("CPU ms", "cpu"),
      ratio("CPU ×", "cpu", outcomes, base),
      ratio("CPU × hashing", "cpu", outcomes, hashing),
      ratio("without start ×", "work", outcomes, base),
      ratio("without start × hashing", "work", outcomes, hashing),
      plain("wall ms", "wall"),
      ratio("wall ×", "wall", outcomes, base),
      plain("peak MB", "rss", 0, 1e-6),
    ])
    results.push({ megabytes, outcomes })
  }
  await save("download", results)
}
