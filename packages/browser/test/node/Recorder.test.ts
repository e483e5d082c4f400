/** The recorder in a real browser, whose microphone is a file; or that has none, or may not use it. */
import * as Wav from "@voiceclone/core/Wav"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Result from "effect/Result"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium, firefox, type Page } from "playwright"
import { assert, describe, it } from "vitest"
import type { Recording } from "../page/recording.ts"
import * as slowServer from "./slowServer.ts"

declare const recording: Recording

const bundle = slowServer.bundle("recording.html")

const inChromium = async (args: ReadonlyArray<string>, use: (page: Page) => Promise<void>) => {
  await using server = await slowServer.start("recording.html", await bundle)
  const browser = await chromium.launch({
    ...(process.env["CHROMIUM_PATH"] === undefined ? {} : { executablePath: process.env["CHROMIUM_PATH"] }),
    args: ["--disable-gpu", ...args],
    chromiumSandbox: false,
  })
  try {
    const page = await browser.newPage()
    await page.goto(server.address)
    await use(page)
  } finally {
    await browser.close()
  }
}

const inFirefox = async (
  executablePath: string,
  preferences: Readonly<Record<string, boolean | number>>,
  use: (page: Page) => Promise<void>,
) => {
  await using server = await slowServer.start("recording.html", await bundle)
  const profile = await mkdtemp(join(tmpdir(), "voiceclone-recorder-"))
  const context = await firefox.launchPersistentContext(profile, {
    channel: "moz-firefox",
    executablePath,
    firefoxUserPrefs: { "media.navigator.streams.fake": true, ...preferences },
  })
  try {
    const page = await context.newPage()
    await page.goto(server.address)
    await use(page)
  } finally {
    await context.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Has a page record a tone of 440 Hz, and looks at the file. */
const assertRecords = async (page: Page) => {
  const { base64, levels, name, type } = await page.evaluate(() => recording.record(1.5))
  assert.deepStrictEqual({ name, type }, { name: "recording.wav", type: "audio/wav" })
  const file = Uint8Array.from(Buffer.from(base64, "base64"))
  const judged = Result.getOrThrow(Wav.verify(file.subarray(0, Wav.headBytes), file.byteLength, true))
  assert.deepInclude(judged.format, { bitsPerSample: 16, channels: 1 })
  assert.isAtLeast(judged.seconds, 1.5)
  assert.isAbove(Math.max(...levels.map(({ rms }) => rms)), 0.01)
  assert.isTrue(levels.every(({ peak, rms }) => peak >= rms && peak <= 1))

  // the tone is there: as often up as it should be
  const samples = new Int16Array(file.slice(44).buffer)
  const loud = samples.subarray(samples.length - judged.format.sampleRate / 2)
  const ups = loud.reduce((count, sample, at) => count + (at > 0 && sample >= 0 && loud[at - 1]! < 0 ? 1 : 0), 0)
  assert.approximately(ups, 220, 25)
}

/** Has a page lose what it records from, and keep what had come. */
const assertLoses = async (page: Page) => {
  const sound = `data:audio/wav;base64,${Buffer.from(WavFile.tone({ seconds: 2, frequency: 440 })).toString("base64")}`
  const { _tag, bytes, loudest, seconds } = await page.evaluate((sound) => recording.lose(sound), sound)
  assert.strictEqual(_tag, "MicrophoneLost")
  assert.isAbove(seconds, 0)
  assert.isAbove(loudest, 0.01)
  assert.isAbove(bytes, 44)
}

describe("Recorder", () => {
  it("records what the microphone hears, as a WAV file, and tells its level", { timeout: 60_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "voiceclone-recorder-"))
    const tone = join(directory, "tone.wav")
    await writeFile(tone, WavFile.tone({ seconds: 10, frequency: 440 }))
    const args = [
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${tone}`,
      "--autoplay-policy=no-user-gesture-required",
    ]
    await inChromium(args, async (page) => {
      await assertRecords(page)
      await assertLoses(page)
    })
    await rm(directory, { recursive: true })
  })

  it("says that the audio doesn't start, and lets go of the microphone", { timeout: 60_000 }, () =>
    inChromium(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"], async (page) => {
      await page.clock.install()
      const { promise: isAsked, resolve } = Promise.withResolvers<void>()
      await page.exposeFunction("onResume", resolve)
      const said = page.evaluate(() => recording.stuck())
      await isAsked
      await page.clock.runFor(10_000)
      const { message, ...rest } = (await said) ?? assert.fail("it has begun")
      assert.deepStrictEqual(rest, { _tag: "RecordingFailed", live: 0 })
      assert.include(message, "audio does not start")
    }),
  )

  it("says that it may not record", { timeout: 60_000 }, () =>
    inChromium(["--use-fake-device-for-media-stream", "--deny-permission-prompts"], async (page) => {
      assert.strictEqual(await page.evaluate(() => recording.failure()), "MicrophoneDenied")
    }),
  )

  it("says that it cannot record where there is no Web Audio, as in Safari's Lockdown Mode", { timeout: 60_000 }, () =>
    inChromium([], async (page) => {
      await page.evaluate(() => {
        for (const name of ["AudioContext", "AudioWorkletNode"]) Reflect.deleteProperty(globalThis, name)
      })
      assert.strictEqual(await page.evaluate(() => recording.failure()), "RecordingFailed")
    }),
  )

  it("says that the microphone that was asked for isn't there", { timeout: 60_000 }, () =>
    inChromium(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"], async (page) => {
      assert.strictEqual(await page.evaluate(() => recording.failure("no such device")), "MicrophoneNotFound")
    }),
  )
})

const firefoxPath = process.env["FIREFOX_PATH"]

if (firefoxPath !== undefined) {
  describe("Recorder, in Firefox", () => {
    it("records what the microphone hears, as a WAV file, and tells its level", { timeout: 90_000 }, () =>
      inFirefox(
        firefoxPath,
        {
          "media.navigator.permission.disabled": true,
          "media.navigator.audio.fake_frequency": 440,
          // audio runs where there is nothing to play on, too
          "media.cubeb.force_mock_context": true,
          "media.autoplay.default": 0,
        },
        async (page) => {
          await assertRecords(page)
          await assertLoses(page)
        },
      ),
    )

    it("says that it may not record", { timeout: 90_000 }, () =>
      inFirefox(firefoxPath, { "permissions.default.microphone": 2 }, async (page) => {
        assert.strictEqual(await page.evaluate(() => recording.failure()), "MicrophoneDenied")
      }),
    )

    it("says that the microphone that was asked for isn't there", { timeout: 90_000 }, () =>
      inFirefox(firefoxPath, { "media.navigator.permission.disabled": true }, async (page) => {
        assert.strictEqual(await page.evaluate(() => recording.failure("no such device")), "MicrophoneNotFound")
      }),
    )
  })
}
