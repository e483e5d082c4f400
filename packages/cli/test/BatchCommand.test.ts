import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it, vi } from "vitest"
import { assertRefusal, assertSpeech, build, jsonLines, sample, screenLines, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const connect = (server: FakeServer.FakeServer) => ({ VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl })

const ready = async (scenario: FakeApi.Scenario = { lifecycle: ["completed"] }) => {
  const place = new Workplace()
  copyFileSync(sample, place.inside("anna.wav"))
  const api = FakeApi.make(scenario)
  const server = await FakeServer.start(api)
  const run = (args: ReadonlyArray<string>, stdin?: string) => place.run(["batch", ...args], connect(server), stdin)
  const close = async () => {
    place[Symbol.dispose]()
    await server.close()
  }
  return { place, api, server, run, [Symbol.asyncDispose]: close }
}

describe("batch", () => {
  it("takes CSV with quotes and line breaks, and samples beside the file; reports each job", async () => {
    await using job = await ready()
    mkdirSync(job.place.inside("in"))
    copyFileSync(sample, job.place.inside("in", "ben.wav"))
    const rows = 'text,sample,output\n"Hello, ""you"",\nand you.",ben.wav,a.wav\nSecond,ben.wav,\n'
    writeFileSync(job.place.inside("in", "jobs.csv"), rows)
    const outcome = await job.run(["in/jobs.csv", "-o", "out", "--report", "report.csv"])
    assert.strictEqual(outcome.code, 0, outcome.stderr)
    assert.match(outcome.stdout, /^2 saved, 0 failed \(2\.0 s of speech, .+\)\n$/)
    assert.match(outcome.stderr, /^Saved out\/a\.wav \(1\.0 s\)$/m)
    assert.sameMembers(
      job.api.tasks.map(({ text }) => text),
      ['Hello, "you",\nand you.', "Second"],
    )
    const [first, second, ...more] = readdirSync(job.place.inside("out"))
    assert.deepStrictEqual([first, more], ["a.wav", []])
    assert.match(second ?? "", /^ben-[\da-f]{12}\.wav$/)
    const [head, ...lines] = readFileSync(job.place.inside("report.csv"), "utf8").trimEnd().split("\r\n")
    assert.strictEqual(head, "row,state,sample,output,taskId,bytes,seconds,sha256,error,message,nextStep")
    assert.match(lines.toSorted()[0] ?? "", /^row 1,saved,in\/ben\.wav,out\/a\.wav,task-\d,\d+,1,[\da-f]{64},,,$/)
    assert.lengthOf(lines, 2)
  })

  it("takes JSON lines from a pipe, and a folder of texts", async () => {
    await using job = await ready()
    const lines = '{"text": "One", "sample": "anna.wav", "output": "one.wav"}\n\n{"text": "Two", "output": "two.wav"}\n'
    const piped = await job.run(["-", "--sample", "anna.wav"], lines)
    assert.strictEqual(piped.code, 0, piped.stderr)
    assertSpeech(readFileSync(job.place.inside("one.wav")))
    assertSpeech(readFileSync(job.place.inside("two.wav")))
    mkdirSync(job.place.inside("letters"))
    writeFileSync(job.place.inside("letters", "three.txt"), "Three\n")
    writeFileSync(job.place.inside("letters", "four.txt"), "\u{feff}Four")
    copyFileSync(sample, job.place.inside("letters", "four.wav"))
    const folder = await job.run(["letters", "--sample", "anna.wav", "-o", "spoken"])
    assert.strictEqual(folder.code, 0, folder.stderr)
    assert.deepStrictEqual(readdirSync(job.place.inside("spoken")), ["four.wav", "three.wav"])
    const names = job.api.tasks.map(({ text, sample }) => `${text} by ${sample.name}`).toSorted()
    assert.deepStrictEqual(names, ["Four by four.wav", "One by anna.wav", "Three by anna.wav", "Two by anna.wav"])
  })

  it.each([
    ["Latin-1", Buffer.from("Café", "latin1"), /-f WINDOWS-1252 /],
    ["UTF-16, as PowerShell writes it", Buffer.from("\u{feff}Three", "utf16le"), /-f UTF-16 /],
  ])("pays for no text of a folder whose letters are lost: %s", async (_, bytes, nextStep) => {
    await using job = await ready()
    mkdirSync(job.place.inside("letters"))
    writeFileSync(job.place.inside("letters", "one.txt"), "One\n")
    writeFileSync(job.place.inside("letters", "three.txt"), bytes)
    const refused = await job.run(["letters", "--sample", "anna.wav"])
    assertRefusal(refused, 2, /three\.txt is not text in UTF-8/, nextStep)
    assert.deepStrictEqual(job.api.requests, [])
  })

  it("says what failed and how to go on, and does the rest", async () => {
    await using job = await ready({
      lifecycle: ["completed"],
      faults: [Fault.on("create", 1, Fault.answer(422, { detail: "The text is a secret" }))],
    })
    writeFileSync(job.place.inside("jobs.csv"), "text,output\nOne,one.wav\nTwo,two.wav\n")
    const args = ["jobs.csv", "-s", "anna.wav", "--concurrency", "1", "--report", "report.jsonl"]
    const outcome = await job.run(args)
    assert.strictEqual(outcome.code, 2)
    assert.match(outcome.stderr, /^error: row 1, one\.wav: The server refused the request with 422: .+\n {2}\S.+$/m)
    assert.match(outcome.stdout, /^1 saved, 1 failed/)
    assert.match(outcome.stderr, /Run the same command again for the rest: what is saved costs nothing\.\n$/)
    const report = readFileSync(job.place.inside("report.jsonl"), "utf8").trimEnd().split("\n")
    const failed = report.map((line) => JSON.parse(line)).find(({ state }) => state === "failed")
    assert.deepStrictEqual([failed.row, failed.error], ["row 1", "RequestRejected"])
    const again = await job.run([...args, "--json"])
    assert.strictEqual(again.code, 0)
    const lines = jsonLines(again)
    assert.deepStrictEqual(
      lines.map(({ _tag }) => _tag),
      ["Row", "Row", "Batch"],
    )
    assert.deepStrictEqual([lines[2].saved, lines[2].failed], [2, 0])
    assert.lengthOf(job.api.tasks, 2)
  })

  it.for(["report.csv", "report.jsonl"])("keeps in %s what earlier runs have told, however one ends", async (name) => {
    await using job = await ready({
      lifecycle: ["completed"],
      idempotencyKeys: "documented",
      faults: [Fault.on("create", 3, Fault.answer(422)), Fault.on("create", [5, 6], Fault.stall())],
    })
    const { place } = job
    const args = ["batch", "jobs.csv", "-s", "anna.wav", "-c", "1", "--report", name]
    const write = (...names: ReadonlyArray<string>) => {
      const lines = names.map((text) => `"${text},\nthen",${text}.wav`)
      writeFileSync(place.inside("jobs.csv"), ["text,output", ...lines].join("\n"))
    }
    const read = (file = name) => readFileSync(place.inside(file), "utf8")
    write("one", "two", "three")
    assert.strictEqual((await place.run(args, connect(job.server))).code, 2)
    const first = read()

    assert.strictEqual((await place.run(args, { VOICECLONE_BASE_URL: job.server.baseUrl })).code, 3)
    assert.strictEqual(read(), first, "without a key nothing is begun")

    write("four", "five", "three", "two", "one")
    const killed = place.start(args, connect(job.server))
    const hasTold = () => existsSync(place.inside(`${name}.part`)) && read(`${name}.part`).includes("four.wav")
    await vi.waitUntil(hasTold, { timeout: 20_000 })
    killed.child.kill("SIGKILL")
    await killed.ended
    assert.strictEqual(read(), first, "what a killed run has told stands beside it")

    write("five", "four", "three", "two", "one")
    const stopped = place.start(args, connect(job.server))
    await vi.waitUntil(() => job.api.requestsOf("create").length === 6, { timeout: 20_000 })
    stopped.child.kill("SIGINT")
    assert.strictEqual((await stopped.ended).code, 130)
    const told = read()
      .split(/(?=\brow \d)/)
      .slice(1)
    assert.sameMembers(
      told.map((line) =>
        [/\d/, /\b(saved|failed)\b/, /(one|two|three|four)\.wav/].map((part) => part.exec(line)?.[0]).join(),
      ),
      ["2,saved,four.wav", "3,failed,three.wav", "4,saved,two.wav", "5,saved,one.wav"],
    )
    assert.deepStrictEqual(
      place.files().filter((file) => file.startsWith(name)),
      [name],
    )
  })

  it("stops creating after the first failure where it is asked to", async () => {
    await using job = await ready({
      lifecycle: ["completed"],
      faults: [Fault.on("create", 2, Fault.answer(422, { detail: "The text is a secret" }))],
    })
    const lines = Array.from({ length: 20 }, (_, index) => `Text ${index},${index}.wav`)
    writeFileSync(job.place.inside("jobs.csv"), ["text,output", ...lines].join("\n"))
    const outcome = await job.run(["jobs.csv", "-s", "anna.wav", "-c", "1", "--fail-fast"])
    assert.strictEqual(outcome.code, 2)
    assert.match(outcome.stdout, /^[01] saved, 1 failed, \d+ not begun/)
    assert.isBelow(job.api.tasks.length, 20)
  })

  it("begins no other row with a key that the server refuses, and says what to do once", async () => {
    const refusals = Array.from({ length: 20 }, (_, index) => Fault.on("create", index + 3, Fault.answer(401)))
    await using job = await ready({ lifecycle: ["completed"], faults: refusals })
    const lines = Array.from({ length: 20 }, (_, index) => `Text ${index},${index}.wav`)
    writeFileSync(job.place.inside("jobs.csv"), ["text,output", ...lines].join("\n"))
    const outcome = await job.run(["jobs.csv", "-s", "anna.wav", "-c", "2"])
    assert.strictEqual(outcome.code, 3)
    assert.match(outcome.stdout, /^2 saved, [12] failed, 1[67] not begun/)
    assert.lengthOf(outcome.stderr.match(/Run voiceclone login/g) ?? [], 1)
    assert.lengthOf(job.api.tasks, 2)
  })

  it.for(["notes.csv", "notes.txt"])("puts no report in the place of something else: %s", async (name) => {
    await using job = await ready()
    writeFileSync(job.place.inside("jobs.csv"), "text\nOne\n")
    writeFileSync(job.place.inside(name), "What was written by hand\n")
    const outcome = await job.run(["jobs.csv", "-s", "anna.wav", "--report", name])
    assertRefusal(outcome, 12, /Cannot write notes\.\w+: it holds something else, and no report/, /another output/)
    assert.strictEqual(readFileSync(job.place.inside(name), "utf8"), "What was written by hand\n")
    assert.lengthOf(job.api.tasks, 0)
  })

  it("that is stopped prints the exact command that goes on, which does", async () => {
    await using job = await ready({ lifecycle: ["processing", "processing", "completed"] })
    writeFileSync(job.place.inside("jobs.csv"), "text,output\nOne,one.wav\nTwo,two.wav\n")
    const args = ["jobs.csv", "--sample", "anna.wav", "--report", "r.csv", "--concurrency", "2"]
    const line = ["batch", ...args, "--timeout", "90s", "--fail-fast"]
    const first = job.place.start(line, connect(job.server))
    await vi.waitUntil(() => job.api.requestsOf("status").length > 1, { timeout: 10_000 })
    first.child.kill("SIGINT")
    const { code, stderr } = await first.ended
    assert.deepStrictEqual([code, stderr], [130, `error: Interrupted\n  Go on with: voiceclone ${line.join(" ")}\n`])
    const second = await job.place.run(line, connect(job.server))
    assert.match(second.stdout, /^2 saved, 0 failed/, second.stderr)
    assert.lengthOf(job.api.tasks, 2)
  })

  it("draws one live line on a terminal", async () => {
    await using job = await ready()
    writeFileSync(job.place.inside("jobs.csv"), "text,output\nOne,one.wav\nTwo,two.wav\n")
    const args = "batch jobs.csv -s anna.wav -c 1"
    const screen = await job.place.terminal(args, { ...connect(job.server), NO_COLOR: "1" }).ended
    const [first = "", second = "", ...rest] = screenLines(screen)
    // which of the two is asked for first is left to chance
    assert.match([first, second].toSorted().join("\n"), /^✓ Saved one\.wav \(1\.0 s\)\n✓ Saved two\.wav \(1\.0 s\)$/)
    assert.match(rest.join("\n"), /^2 saved, 0 failed .+$/)
    assert.match(screen.stdout, /. [01] of 2 saved, [01] at work/)
  })

  type Case = [name: string, text: string, cause: RegExp, args?: ReadonlyArray<string>]
  const cases: Array<Case> = [
    ["nothing in it", "text,sample\n", /There is no job in jobs/],
    ["a row without a text", "text,sample\n,anna.wav\n", /row 1 has no text/],
    ["a row without a sample", "text\nHello\n", /row 1 names no sample/],
    [
      "a sample that is not there",
      "text,sample\nHi,anna.wav\nHo,none.wav\n",
      /Cannot read the sample none\.wav of row 2/,
    ],
    [
      "two rows of one output",
      "text,sample,output\na,anna.wav,x.wav\nb,anna.wav,./x.wav\n",
      /row 1 and row 2 both write/,
    ],
    [
      "two rows of one output, by two names",
      "text,sample,output\na,anna.wav,tmp/x.wav\nb,anna.wav,link/x.wav\n",
      /row 1 and row 2 both write link\/x\.wav/,
    ],
    [
      "an output that is another row's sample",
      "text,sample,output\na,anna.wav,ben.wav\nb,link/../ben.wav,b.wav\n",
      /row 1 would write ben\.wav over the sample of row 2/,
    ],
    ["an output that is its input", "text,sample,output\na,anna.wav,./jobs\n", /row 1 would write jobs over the jobs/],
    [
      "a report that would write over an output",
      "text,sample,output\nHi,anna.wav,a.wav\n",
      /would be written over the output of row 1/,
      ["--report", "a.wav"],
    ],
    ["a column of a stranger", "text,smaple\nHi,anna.wav\n", /a field "smaple"/],
    ["broken CSV", 'text,sample\n"Hi,anna.wav\n', /is not CSV at line 2/],
    ["broken JSON", '{"text": "Hi"}\n{"text: 3}\n', /is not JSON at line 2/],
    ["bytes that are no text", "text,sample\n\u{fffd}", /not text in UTF-8/],
    ["semicolons between the columns", 'text;sample\n"Hi; you";anna.wav\n', /no commas between its columns/],
    ["no names of columns", "anna.wav,Hi\n", /names no columns/],
    [
      "a report that would write over it",
      "text,sample\nHi,anna.wav\n",
      /would be written over the jobs in jobs/,
      ["--report", "./jobs"],
    ],
    [
      "a report that would write over a sample",
      "text,sample\nHi,anna.wav\n",
      /would be written over the sample of row 1/,
      ["--report", "./anna.wav"],
    ],
  ]
  it.concurrent.for(cases)("refuses %s, before anything is paid for", async ([, text, cause, more = []]) => {
    await using job = await ready()
    const bytes = text.includes("\u{fffd}") ? Buffer.from(`${text}\u00ff`, "latin1") : text
    writeFileSync(job.place.inside("jobs"), bytes)
    copyFileSync(sample, job.place.inside("ben.wav"))
    symlinkSync(job.place.inside("tmp"), job.place.inside("link"))
    assertRefusal(await job.run(["jobs", ...more]), 2, cause)
    assert.deepStrictEqual(job.api.requests, [])
    assert.strictEqual(readFileSync(job.place.inside("jobs")).equals(Buffer.from(bytes as string)), true)
  })
})

describe("a thousand rows", () => {
  const total = 1000
  it("with faults, killed twice and run again: each paid for once and saved whole", { timeout: 240_000 }, async () => {
    const every = (step: number, from = 1) => Array.from({ length: 400 }, (_, index) => from + index * step)
    await using job = await ready({
      lifecycle: ["pending", "completed"],
      idempotencyKeys: "documented",
      speech: WavFile.tone({ seconds: 0.5 }),
      faults: [
        Fault.on("create", every(37, 5), Fault.reset()),
        Fault.on("create", every(53, 11), Fault.answer(503, { headers: { "retry-after": "0" } })),
        Fault.on("status", every(41, 7), Fault.reset()),
        Fault.on("status", every(59, 3), Fault.html()),
        Fault.on("result", every(43, 9), Fault.cutShort(1000)),
        Fault.on("result", every(61, 2), Fault.answer(502)),
      ],
    })
    const voice = WavFile.tone({ seconds: 0.1 })
    writeFileSync(job.place.inside("tone.wav"), voice)
    const lines = Array.from({ length: total }, (_, index) => `{"text":"Text ${index}","output":"${index}.wav"}\n`)
    writeFileSync(job.place.inside("jobs.jsonl"), lines.join(""))
    const args = ["batch", "jobs.jsonl", "-s", "tone.wav", "-o", "out", "-c", "8", "--report", "report.jsonl"]
    const saved = () =>
      existsSync(job.place.inside("out"))
        ? readdirSync(job.place.inside("out")).filter((name) => name.endsWith(".wav")).length
        : 0
    for (const share of [0.2, 0.5]) {
      const run = job.place.start(args, connect(job.server))
      await vi.waitUntil(() => saved() >= share * total, { timeout: 100_000, interval: 100 })
      run.child.kill("SIGKILL")
      await run.ended
    }
    const before = saved()
    assert.isBelow(before, total)
    const last = await job.place.run(args, connect(job.server))
    assert.strictEqual(last.code, 0, last.stderr.slice(-2000))
    assert.match(last.stdout, new RegExp(`^${total} saved, 0 failed`))
    assert.strictEqual(saved(), total)
    assert.strictEqual(new Set(job.api.tasks.map(({ text }) => text)).size, total)
    assert.lengthOf(job.api.tasks, total, "each row was paid for once")
    for (let index = 0; index < total; index += 50) assertSpeech(readFileSync(job.place.inside("out", `${index}.wav`)))
    assert.lengthOf(readFileSync(job.place.inside("report.jsonl"), "utf8").trimEnd().split("\n"), total)
  })
})
