import { assert, describe, it } from "@effect/vitest"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as Wav from "../src/Wav.ts"
import { forAll } from "./property.ts"

/** Judges a file by its head alone, as a download does. */
const verify = (file: Uint8Array, endProven = true, size = file.byteLength) =>
  Wav.verify(file.subarray(0, Wav.headBytes), size, endProven)

const fault = (file: Uint8Array, endProven = true) => {
  const judged = verify(file, endProven)
  assert.isTrue(Result.isFailure(judged))
  return Result.getOrThrow(Result.flip(judged))
}

interface Header extends Wav.WavFormat {
  readonly frames: number
  readonly listBytes: number
}

const header: fc.Arbitrary<Header> = fc.record({
  sampleRate: fc.integer({ min: 1, max: 192_000 }),
  bitsPerSample: fc.constantFrom(8, 16, 24, 32),
  channels: fc.integer({ min: 1, max: 8 }),
  frames: fc.integer({ min: 1, max: 300 }),
  listBytes: fc.nat(40),
})

const fileOf = ({ frames, listBytes, ...format }: Header) =>
  WavFile.make({
    ...format,
    data: new Uint8Array(frames * format.channels * (format.bitsPerSample / 8)).fill(7),
    before: listBytes === 0 ? [] : [{ name: "LIST", body: new Uint8Array(listBytes) }],
  })

describe("Wav.verify", () => {
  it("believes any header that tells the truth", () =>
    forAll(header, (header) => {
      const { format, seconds } = Result.getOrThrow(verify(fileOf(header), false))
      const { sampleRate, bitsPerSample, channels } = header
      assert.deepStrictEqual(format, { sampleRate, bitsPerSample, channels })
      assert.closeTo(seconds, header.frames / sampleRate, 1e-9)
    }))

  it("calls any file without its end cut short", () =>
    forAll(fc.tuple(header, fc.double({ min: 0, max: 0.999, noNaN: true })), ([header, part]) => {
      const whole = fileOf(header)
      const kept = Math.max(1, Math.floor(part * whole.byteLength))
      assert.isTrue(fault(whole.subarray(0, kept), false).cutShort, `${kept} of ${whole.byteLength}`)
    }))

  it("names what stands there instead", () => {
    const utf8 = (text: string) => new TextEncoder().encode(text)
    const cases: ReadonlyArray<[Uint8Array, RegExp]> = [
      [utf8("<!doctype html><title>Sign in</title>"), /HTML/],
      [utf8("\n  <html></html>"), /HTML/],
      [utf8('{"detail":"Task not completed yet"}'), /JSON/],
      [Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), /gzip/],
      [utf8("ID3 some song or other"), /not a WAV file/],
      [new Uint8Array(0), /empty/],
    ]
    for (const [file, reason] of cases) {
      assert.match(fault(file).reason, reason)
      assert.isFalse(fault(file).cutShort, String(reason))
    }
  })

  it("takes an empty body for one cut short, unless the transport vouches for it", () => {
    assert.isTrue(fault(new Uint8Array(0), false).cutShort)
    assert.isFalse(fault(new Uint8Array(0), true).cutShort)
  })

  it.each(["zero", "largest"] as const)("believes open sizes (%s) only where the end is proven", (sizes) => {
    const file = WavFile.make({ data: new Uint8Array(44_100), sizes })
    assert.strictEqual(Result.getOrThrow(verify(file, true)).seconds, 1)
    assert.match(fault(file, false).reason, /how long/)
  })

  it("refuses a header without a sample after it", () => {
    for (const sizes of ["exact", "zero", "largest"] as const) {
      const file = WavFile.make({ data: new Uint8Array(0), sizes })
      assert.match(fault(file).reason, /no samples/)
    }
  })

  it("finds the samples behind a picture as large as they come", () => {
    const file = WavFile.make({
      data: new Uint8Array(44_100),
      before: [{ name: "id3 ", body: new Uint8Array(300_000) }],
    })
    assert.strictEqual(Result.getOrThrow(verify(file)).seconds, 1)
  })

  it("finds the samples behind other chunks", () => {
    const body = new TextEncoder().encode("INFOISFTLavf62.3.100")
    const file = WavFile.make({
      data: new Uint8Array(22_050),
      before: [
        { name: "LIST", body },
        { name: "odd ", body: new Uint8Array(3) },
      ],
    })
    assert.strictEqual(Result.getOrThrow(verify(file)).seconds, 0.5)
  })

  it("takes odd samples with and without their pad byte", () => {
    const file = WavFile.make({ bitsPerSample: 8, data: new Uint8Array(22_051) })
    assert.strictEqual(file.byteLength % 2, 0)
    const unpadded = file.slice(0, -1)
    new DataView(unpadded.buffer).setUint32(4, unpadded.byteLength - 8, true)
    const padUncounted = file.slice()
    new DataView(padUncounted.buffer).setUint32(4, file.byteLength - 9, true)
    for (const each of [file, unpadded, padUncounted]) Result.getOrThrow(verify(each, false))
  })

  it("refuses what is longer than its header says", () => {
    const file = WavFile.tone({ seconds: 0.1 })
    const longer = fault(new Uint8Array([...file, 1, 2, 3]))
    assert.isFalse(longer.cutShort)
    assert.match(longer.reason, /3 bytes longer/)
  })

  it("refuses compressed and senseless formats", () => {
    const file = WavFile.tone({ seconds: 0.1 })
    const mp3 = file.slice()
    new DataView(mp3.buffer).setUint16(20, 0x55, true)
    assert.match(fault(mp3).reason, /not PCM/)
    assert.match(fault(WavFile.make({ channels: 0, data: new Uint8Array(2) })).reason, /no sense/)
  })
})

describe("Wav.encodeHeader", () => {
  it("writes what stands before the samples of any file", () =>
    forAll(header, (header) => {
      const { frames, sampleRate, bitsPerSample, channels } = header
      const dataBytes = frames * channels * (bitsPerSample / 8)
      const file = fileOf({ ...header, listBytes: 0 })
      const head = Wav.encodeHeader({ sampleRate, bitsPerSample, channels }, dataBytes)
      assert.deepStrictEqual(head, file.slice(0, head.byteLength))
      assert.strictEqual(Result.getOrThrow(Wav.parseHeader(head)).dataOffset, head.byteLength)
    }))

  it("leaves sizes open that 32 bits cannot hold", () => {
    const { dataBytes, fileBytes } = Result.getOrThrow(Wav.parseHeader(Wav.encodeHeader(Wav.resultFormat, 2 ** 32)))
    assert.deepStrictEqual([dataBytes, fileBytes], [undefined, undefined])
  })
})
