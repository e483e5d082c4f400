/**
 * How near the embedded voice comes to references, what that costs, and how well it is understood. `BENCH_WORDS=0` leaves
 * the recogniser out, which takes most of the time: what is left is what CPU, speed and memory are read from.
 * `BENCH_WORDS=all` has the references heard as well.
 */
import * as Flite from "@voiceclone/engine/Flite"
import * as FliteNode from "@voiceclone/engine/FliteNode"
import type { Recording } from "@voiceclone/engine/Recording"
import { Speaker, type Voice } from "@voiceclone/engine/Speaker"
import * as VoiceProfile from "@voiceclone/engine/VoiceProfile"
import * as Effect from "effect/Effect"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Child from "./Child.ts"
import { type Column, type Figures, note, type Outcome, plain, root, save, say, table } from "./Comparison.ts"
import * as Alignment from "./voice/Alignment.ts"
import * as Measures from "./voice/Measures.ts"
import * as Recogniser from "./voice/Recogniser.ts"
import * as References from "./voice/References.ts"
import { sideBySide } from "./voice/Spectrogram.ts"
import { sampleText, spokenText } from "./voice/Texts.ts"
import * as Verification from "./voice/Verification.ts"
import * as Words from "./voice/Words.ts"

const sampleRate = 22_050

/** `BENCH_VOICES`, a pattern of names, for a look at some. */
const wanted = new RegExp(process.env["BENCH_VOICES"] ?? "", "u")

const cpuOf = async <A>(work: () => Promise<A> | A): Promise<readonly [A, number]> => {
  const before = process.cpuUsage()
  const result = await work()
  const { system, user } = process.cpuUsage(before)
  return [result, (system + user) / 1e6]
}

/** In this thread, so that its CPU time can be told apart. */
const speakerOf = () =>
  Speaker.use(Effect.succeed).pipe(Effect.provide(Flite.layerSpeaker(FliteNode.loadModule())), Effect.runPromise)

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The mean and the worst of every figure. */
const summary = (name: string, rows: ReadonlyArray<Figures>): ReadonlyArray<Outcome> => {
  const keys = Object.keys(rows[0] ?? {})
  const of = (pick: (values: ReadonlyArray<number>) => number) =>
    Object.fromEntries(
      keys.map((key) => [key, pick(rows.flatMap((row) => (row[key] === undefined ? [] : [row[key]])))]),
    )
  return [
    { name: `**${name}: mean**`, figures: of(mean), rounds: rows },
    { name: `**${name}: worst**`, figures: of((values) => Math.max(...values)), rounds: rows },
  ]
}

const columns: ReadonlyArray<Column> = [
  plain("F0, semitones", "f0", 2),
  plain("LTAS, dB", "ltas", 2),
  plain("VTL, %", "aligned", 1, 100),
  plain("VTL by likelihood, %", "tract", 1, 100),
  plain("pace", "pace", 2),
  plain("RTF", "rtf", 3),
  plain("profile, s CPU", "profile", 2),
  plain("voice, s CPU", "fit", 2),
]

interface Spoken {
  readonly reference: References.Reference
  readonly target: Measures.Voice
  readonly voice: Measures.Voice
  /** What the voice said. */
  readonly recording: Recording
}

/** The reference that an output is nearest to, by the distances to all, and whether it is its own or its speaker's. */
const judgement = (references: ReadonlyArray<References.Reference>, own: number, distances: ReadonlyArray<number>) => {
  const nearest = references[distances.indexOf(Math.min(...distances))]!
  return {
    nearest: nearest.name,
    isOwn: nearest === references[own],
    isSpeaker: nearest.speaker === references[own]!.speaker,
  }
}

/** Prints whom the outputs are nearest to. It takes several speakers. */
const speakerTest = (spoken: ReadonlyArray<Spoken>) => {
  const references = spoken.map(({ reference }) => reference)
  if (new Set(references.map(({ speaker }) => speaker)).size < 3) return undefined
  const known = spoken.map(({ reference: { sample, speaker } }) => ({ speaker, rows: Verification.features(sample) }))
  const ratios = Verification.scores(
    known,
    spoken.map(({ recording }) => Verification.features(recording)),
  )
  const judged = (distances: (i: number) => ReadonlyArray<number>) =>
    spoken.map((_, i) => judgement(references, i, distances(i)))
  const traits = judged((i) => spoken.map(({ target }) => Measures.traitDistance(spoken[i]!.voice, target)))
  const verified = judged((i) => ratios[i]!.map((ratio) => -ratio))
  say(`\nSpeaker test, nearest of ${spoken.length} references:`)
  for (const [measure, all] of Object.entries({
    "traits (F0, LTAS, VTL, pace)": traits,
    "verification (GMM-UBM, Z-norm)": verified,
  })) {
    const count = (key: "isOwn" | "isSpeaker") => all.filter((one) => one[key]).length
    say(`- by ${measure}: its own ${count("isOwn")}, one of its own speaker ${count("isSpeaker")}`)
    for (const [i, { isOwn, nearest }] of all.entries()) if (!isOwn) say(`  - ${references[i]!.name}: ${nearest}`)
  }
  return { traits, verified }
}

export const run = async (): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "voiceclone-bench-"))
  const pictures = join(root, "results", "voice")
  await mkdir(pictures, { recursive: true })
  try {
    const speaker = await speakerOf()
    const words = process.env["BENCH_WORDS"]
    const isQuick = words === "0"
    const canRecognise = !isQuick && (await Recogniser.isInstalled())
    if (!canRecognise && !isQuick)
      note("voice: no word error rate, for pocketsphinx and its pocketsphinx-en-us are not installed")
    const references = await References.references(directory, sampleText, speaker, note, (name) => wanted.test(name))
    const judge = async (voice: Voice) => {
      const [{ pieces, recording }, cpu] = await cpuOf(() => References.speakWith(speaker, voice, spokenText))
      const seconds = pieces.reduce((sum, { length }) => sum + length, 0) / sampleRate
      return { pieces, recording, measured: Measures.measure(recording), rtf: cpu / seconds }
    }

    const differences = (measured: Measures.Voice, target: Measures.Voice, seconds: number | undefined): Figures => {
      const f0 = Measures.pitchError(measured, target)
      return {
        ...(f0 === undefined ? {} : { f0 }),
        ltas: Measures.ltasDistance(measured, target),
        tract: Measures.tractError(measured, target),
        ...(seconds === undefined ? {} : { pace: seconds / measured.seconds }),
      }
    }

    const base = await judge({ name: "slt" })
    const spoken: Array<Spoken> = []
    const fitted: Array<Words.Fitted> = []
    const [matched, unmatched]: [Array<Outcome>, Array<Figures>] = [[], []]
    for (const reference of references) {
      const { name, sample } = reference
      const target = Measures.measure(sample)
      const [, profile] = await cpuOf(() => VoiceProfile.measure(sample))
      const [{ voice, warnings }, fit] = await cpuOf(() => Effect.runPromise(speaker.fit(sample)))
      if (warnings.length > 0) note(`voice: ${name}: ${warnings.join(", ")}`)
      const { measured, pieces, recording, rtf } = await judge(voice)
      const said = await reference.speak?.(spokenText)
      const seconds = said === undefined ? undefined : Measures.measure(said.recording).seconds
      const aligned = (ours: ReadonlyArray<Float32Array>): Figures =>
        said === undefined
          ? {}
          : {
              aligned: Alignment.tractError(
                Alignment.analyse(ours, sampleRate),
                Alignment.analyse(said.pieces, said.recording.sampleRate),
              ),
            }
      const all: Figures = {
        ...differences(measured, target, seconds),
        ...aligned(pieces),
        rtf,
        profile,
        fit,
      }
      matched.push({ name: `${name} (${voice.name} × ${voice.formantScale!.toFixed(2)})`, figures: all, rounds: [all] })
      unmatched.push({
        ...differences(base.measured, target, seconds),
        ...aligned(base.pieces),
        rtf: base.rtf,
      })
      fitted.push({ reference, voice })
      spoken.push({ reference, target, voice: measured, recording })
      await writeFile(join(pictures, `${name.replaceAll(/[^\w.]+/gu, "-")}.png`), sideBySide(sample, recording))
      note(`voice: ${name}: ${columns.map((column) => `${column.title} ${column.text(matched.at(-1)!)}`).join("; ")}`)
    }

    const rows = matched.map(({ figures }) => figures)
    const ofKind = (kind: string) => rows.filter((_, i) => references[i]!.kind === kind)
    table(
      "voice match",
      [
        ...matched,
        ...["flite", "foreign", "human"].flatMap((kind) =>
          ofKind(kind).length > 0 ? summary(kind, ofKind(kind)) : [],
        ),
        ...summary("all", rows),
        ...summary("unmatched slt", unmatched),
      ],
      columns,
    )

    const judgements = speakerTest(spoken)
    const long = await memory(directory, references[0]!.sample)
    say(`\n${long["minutes"]!.toFixed(0)} minutes of speech in worker threads, decoding and profile included:`)
    const megabytes = (key: string) => (long[key]! / 1e6).toFixed(0)
    for (const [what, of] of Object.entries({
      resident: ["firstTenth", "lastTenth", "peak"],
      "without Node's program": ["anonymousFirst", "anonymousLast", "anonymousPeak"],
    })) {
      say(
        `- ${what}: in the first tenth ${megabytes(of[0]!)} MB, in the last ${megabytes(of[1]!)} MB, peak ${megabytes(of[2]!)} MB`,
      )
    }
    say(`- real-time factor ${long["cpu"]!.toFixed(3)} of CPU, ${long["wall"]!.toFixed(3)} of the clock`)
    await save("voice", { matched, unmatched, judgements, long })
    if (!canRecognise) return
    const heard = await Words.measure(speaker, fitted, { directory, isThorough: words === "all", note })
    table("word errors", heard, Words.columns)
    await save("words", heard)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A process of its own with the built package: what a server's engine takes. `BENCH_MINUTES` overrides the length. */
const memory = async (directory: string, { sampleRate, samples }: Recording): Promise<Figures> => {
  const sample = join(directory, "sample.wav")
  await writeFile(sample, Recogniser.wav(samples, sampleRate))
  await Child.output("pnpm", ["--filter", "@voiceclone/engine", "build"])
  return Child.figures(join(root, "subjects", "voice", "long.mjs"), [sample, process.env["BENCH_MINUTES"] ?? "25"])
}
