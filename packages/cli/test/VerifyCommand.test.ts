import * as WavFile from "@voiceclone/testing/WavFile"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createHash } from "node:crypto"
import { assert, beforeAll, describe, it } from "vitest"
import * as Loudness from "../src/Loudness.ts"
import * as Waveform from "../src/Waveform.ts"
import { assertRefusal, build, jsonLines, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const sine = (decibels: number, sampleRate: number, hertz = 997, length = 5): Float32Array =>
  Float32Array.from(
    { length: length * sampleRate },
    (_, index) => 10 ** (decibels / 20) * Math.sin((2 * Math.PI * hertz * index) / sampleRate),
  )

describe("Loudness", () => {
  it("of a full-scale sine of 997 Hz in one channel is -3.01 LUFS, as BS.1770 says, at any sample rate", () => {
    for (const sampleRate of [22_050, 44_100, 48_000]) {
      assert.closeTo(Loudness.integrated([sine(0, sampleRate)], sampleRate), -3.01, 0.05, `${sampleRate}`)
    }
  })

  it("is -23 LUFS for EBU Tech 3341's first case, and gates silence away", () => {
    const tone = sine(-23, 48_000, 1000)
    assert.closeTo(Loudness.integrated([tone, tone], 48_000), -23, 0.1)
    const withPause = new Float32Array(tone.length * 2)
    withPause.set(tone)
    assert.closeTo(Loudness.integrated([withPause, withPause], 48_000), -23, 0.15)
    assert.strictEqual(Loudness.integrated([new Float32Array(48_000)], 48_000), Number.NEGATIVE_INFINITY)
    assert.closeTo(Loudness.peak([sine(-6, 48_000)]), -6, 0.01)
  })
})

describe("Waveform", () => {
  it("is as wide as asked for, and as high as each part", () => {
    assert.strictEqual(Waveform.draw(Float32Array.of(0, 0.5, -1, 0.25), 4), "▁▅█▃")
    assert.strictEqual(Waveform.draw(Float32Array.of(0, 0.5, -1, 0.25), 2), "▅█")
    assert.strictEqual(Waveform.draw(new Float32Array(4), 9), "▁▁▁▁")
  })
})

describe("verify", () => {
  it("says what the file is", async () => {
    using place = new Workplace()
    const { code, stdout, stderr } = await place.run(["verify", sample])
    assert.strictEqual(code, 0, stderr)
    const digest = createHash("sha256").update(readFileSync(sample)).digest("hex")
    assert.match(
      stdout,
      new RegExp(
        `^file {6}.+, whole\\nformat {4}22050 Hz, 16 bit, mono\\nlength {4}.+ s\\npeak {6}-?[\\d.]+ dBFS\\nloudness {2}-[\\d.]+ LUFS\\nsha256 {4}${digest}\\nwave {6}[▁▂▃▄▅▆▇█]{60}\\n$`,
      ),
    )
  })

  it("is for scripts too, and tells what is not whole by its exit code", async () => {
    using place = new Workplace()
    const tone = WavFile.tone({ seconds: 1 })
    writeFileSync(place.inside("tone.wav"), tone)
    const [whole] = jsonLines(await place.run(["verify", "tone.wav", "--json"]))
    assert.deepInclude(whole, { _tag: "Whole", bytes: tone.byteLength, seconds: 1 })
    assert.isBelow(whole.loudnessLufs, 0)
    writeFileSync(place.inside("cut.wav"), tone.subarray(0, 1000))
    writeFileSync(place.inside("page.wav"), "<!doctype html>")
    assertRefusal(await place.run(["verify", "cut.wav"]), 9, /not a whole WAV file: it is cut short: 1000 bytes of/)
    assertRefusal(await place.run(["verify", "page.wav"]), 9, /an HTML or XML page/)
    assertRefusal(await place.run(["verify", "none.wav"]), 2, /no such file/)
    assertRefusal(await place.run(["verify", "."]), 2, /it is a directory/)
  })
})

describe("play", () => {
  const player = (place: Workplace, script: string) => {
    mkdirSync(place.inside("bin"))
    writeFileSync(place.inside("bin", "aplay"), `#!/bin/sh\n${script}\n`)
    chmodSync(place.inside("bin", "aplay"), 0o755)
  }

  it("hands the file to the player that is there", async () => {
    using place = new Workplace()
    player(place, 'echo "$@" > played')
    writeFileSync(place.inside("-tone.wav"), WavFile.tone())
    const outcome = await place.run(["play", "--", "-tone.wav"], { PATH: place.inside("bin") })
    assert.deepStrictEqual([outcome.code, outcome.stdout, outcome.stderr], [0, "", ""])
    assert.strictEqual(readFileSync(place.inside("played"), "utf8"), "-q ./-tone.wav\n")
  })

  it("says what to install where there is none, and what a player made of it", async () => {
    using place = new Workplace()
    assertRefusal(await place.run(["play", sample], { PATH: place.inside("bin") }), 2, /no player/, /Install one of/)
    player(place, "exit 3")
    assertRefusal(
      await place.run(["play", sample], { PATH: place.inside("bin") }),
      12,
      /aplay could not play .+: it ended with 3$/,
      /The file is whole: look at the machine's sound device/,
    )
    writeFileSync(place.inside("notes.wav"), "Not a sound.")
    const noise = await place.run(["play", "notes.wav"], { PATH: place.inside("bin") })
    assertRefusal(noise, 12, /could not play/, /Look at the file: voiceclone verify notes\.wav$/)
  })
})
