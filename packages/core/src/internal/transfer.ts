/**
 * Brings a result into a partial, whatever crashes, disconnects or lies on the way, and judges the whole at its end.
 *
 * An answer is believed only where it fits what is there: RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range), 14.4
 * (Content-Range) and 15.3.7 (206).
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { parseReprDigest } from "../Digest.ts"
import * as JobEvent from "../JobEvent.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { TaskId } from "../Task.ts"
import { ConnectionFailed, type ReceiveError, ResultCorrupt, type TargetUnwritable } from "../TaskError.ts"
import type { ResultResponse, VoiceCloneClient } from "../VoiceCloneClient.ts"
import * as Wav from "../Wav.ts"
import * as contentRange from "./contentRange.ts"
import type { Partial, Whole } from "./partial.ts"

/** A whole, judged. */
export interface Verdict<A> {
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
  /** What the judge found. */
  readonly found: A
}

/** Where the bytes come from: a server's results, or anything else that is asked for in ranges. */
export type Source = Pick<VoiceCloneClient["Service"], "baseUrl" | "result">

/** Judges by the first bytes, the size, and whether the end is proven to be the end. */
export type Judge<A> = (
  head: Uint8Array,
  size: number,
  isEndKnown: boolean,
) => Result.Result<A, { readonly reason: string; readonly cutShort: boolean }>

/** How a transfer may go about it. */
export interface Options {
  /** How many ranges are fetched at the same time, where the server names a strong validator. */
  readonly connections?: number | undefined
}

/** What one of several connections fetches at a time; so many of them are held in memory. */
const segmentBytes = 4 * 1024 * 1024

/** How much is fetched twice and compared where the server names no strong validator. */
const overlapBytes = 64 * 1024

/** A pause before a transfer that has come further goes on: a server that hands out single bytes isn't hammered. */
const breathMillis = 200

/** After so many fresh starts the server contradicts itself and won't stop. */
const maximumRestarts = 8

/**
 * Only a strong tag vouches for bytes (RFC 9110, section 8.8.1); a weak one that changes still says that they did. What
 * is no entity tag can't be sent back as one.
 */
const strong = (etag: string | undefined): string | undefined =>
  etag !== undefined && /^"[\x21\x23-\x7e]*"$/.test(etag) ? etag : undefined

const describe = ({ etag, reprDigest }: ResultResponse, total: number | undefined): Whole => {
  const sha256 = parseReprDigest(reprDigest)
  return {
    ...(total === undefined ? {} : { total }),
    ...(etag === undefined ? {} : { etag }),
    ...(sha256 === undefined ? {} : { reprDigest: sha256 }),
  }
}

/** Whether two descriptions can be of the same whole. */
const agree = (ours: Whole, theirs: Whole): boolean =>
  (["total", "etag", "reprDigest"] as const).every(
    (key) => ours[key] === undefined || theirs[key] === undefined || ours[key] === theirs[key],
  )

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])

/** Fetches what is missing, again and again as long as it helps, until the whole is there and is what it claims to be. */
export const run = Effect.fnUntraced(function* <E extends TargetUnwritable, A>(
  client: Source,
  taskId: TaskId,
  partial: Partial<E>,
  verify: Judge<A>,
  { connections = 1 }: Options = {},
): Effect.fn.Return<Verdict<A>, ReceiveError | E> {
  const corrupt = (reason: string, cutShort = false) => new ResultCorrupt({ taskId, reason, cutShort })
  const closedEarly = (missing: number) =>
    new ConnectionFailed({
      origin: new URL(client.baseUrl).origin,
      reason: `the connection was closed ${missing} bytes too early`,
    })

  /** Side by side only as long as every answer fits. */
  let isParallel = connections > 1
  /** Once a server has answered a range with something that is none, it isn't asked for one again. */
  let rangesRefused = false
  let restarts = 0
  /** Whether the whole is put together from several answers: then fetching it in one may mend it. */
  let isPatched = partial.bytes() > 0
  /** Whether we have asked once more because the end came before the header has it. */
  let isDoubted = false
  /** Once a part has come without the entity tag that we hold, bytes are compared instead. */
  let isTagWithheld = false

  const restart = (whole: Whole) =>
    Effect.suspend(() => {
      restarts++
      isPatched = false
      return partial.restart(whole)
    })

  /**
   * Appends an answer's bytes, after those that are to equal our last ones. `expected` is how many it announced.
   *
   * More than that tell that another body's length was announced: that of a compressed one, say, for across origins a
   * browser shows a page Content-Length and not Content-Encoding (Fetch Standard, CORS-safelisted response-header names).
   * A whole is then taken as it comes, and has to prove its end by itself; no part is one of these bytes.
   */
  const take = Effect.fnUntraced(function* (
    response: ResultResponse,
    expected: number | undefined,
    overlap: Uint8Array = new Uint8Array(),
  ) {
    let left = expected ?? Number.POSITIVE_INFINITY
    let compared = 0
    let differs = false
    let isOutgrown = false
    const isWhole = response.status === 200
    const { total } = partial.whole()
    const meter = JobEvent.meter(
      (receivedBytes) => ({
        _tag: "Downloading",
        taskId,
        receivedBytes,
        ...(total === undefined ? {} : { totalBytes: total }),
      }),
      partial.bytes(),
    )
    if (left > 0) {
      yield* Stream.runForEachWhile(response.stream, (received) => {
        let chunk = received
        if (chunk.byteLength > left) {
          isOutgrown = true
          if (!isWhole) return Effect.succeed(false)
          left = Number.POSITIVE_INFINITY
          partial.learn({ total: undefined })
        }
        left -= chunk.byteLength
        if (compared < overlap.byteLength) {
          const same = chunk.subarray(0, overlap.byteLength - compared)
          differs = !equal(same, overlap.subarray(compared, compared + same.byteLength))
          if (differs) return Effect.succeed(false)
          compared += same.byteLength
          chunk = chunk.subarray(same.byteLength)
        }
        // what has told its length ends by itself
        const more = left > 0 || response.contentLength !== undefined
        return chunk.byteLength === 0
          ? Effect.succeed(more)
          : Effect.as(Effect.andThen(partial.append(chunk), meter.count(chunk.byteLength)), more)
      })
    }
    yield* meter.finish
    if (isOutgrown) rangesRefused = true
    if (differs || (isOutgrown && !isWhole)) return yield* restart({})
    if (expected !== undefined && left > 0 && !isOutgrown) return yield* closedEarly(left)
  })

  const takeRange = Effect.fnUntraced(function* (response: ResultResponse, start: number) {
    const range = contentRange.parse(response.contentRange)
    const sent = response.contentType?.startsWith("multipart/") === true ? undefined : range?.sent
    if (sent === undefined || response.contentEncoding !== undefined || (sent.first !== start && sent.first !== 0)) {
      rangesRefused = true
      return yield* restart({})
    }
    const theirs = describe(response, range?.total)
    const expected = sent.last - sent.first + 1
    // a field that counts other bytes than the body has is no description of it
    if (response.contentLength !== undefined && response.contentLength !== expected) {
      rangesRefused = true
      return yield* restart({})
    }
    if (sent.first === start && agree(partial.whole(), theirs)) {
      partial.learn(theirs)
      isPatched = true
      const had = partial.bytes()
      yield* take(response, expected, yield* partial.read(start, had - start))
      // a server that hands out less than we compare would never come further
      if (partial.bytes() === had && had !== partial.whole().total) {
        rangesRefused = true
        yield* restart({})
      }
      return
    }
    // another version, or the whole after all: of use only from its first byte on
    if (sent.first > 0) return yield* restart({})
    yield* restart(theirs)
    return yield* take(response, expected)
  })

  const takeWhole = Effect.fnUntraced(function* (response: ResultResponse) {
    if (response.contentEncoding !== undefined) {
      return yield* corrupt(`it was sent encoded as ${response.contentEncoding}, which nobody asked for`)
    }
    const theirs = describe(response, response.contentLength)
    if (partial.bytes() > 0) yield* restart(theirs)
    else yield* partial.restart(theirs)
    yield* take(response, response.contentLength)
    if (partial.bytes() === 0) return yield* corrupt("it is empty", response.contentLength === undefined)
  })

  /** One segment, or nothing where the answer doesn't fit. */
  const fetchSegment = (start: number, end: number, whole: Whole) =>
    Effect.gen(function* () {
      const response = yield* client.result(taskId, { start, end, ifRange: strong(whole.etag) })
      const range = contentRange.parse(response.contentRange)
      const fits =
        response.status === 206 &&
        range?.sent?.first === start &&
        range.sent.last === end &&
        (response.contentLength === undefined || response.contentLength === end - start + 1) &&
        response.contentEncoding === undefined &&
        response.etag !== undefined &&
        agree(whole, describe(response, range.total))
      if (!fits) return undefined
      const segment = new Uint8Array(end - start + 1)
      let filled = 0
      let isOutgrown = false
      yield* Stream.runForEachWhile(response.stream, (chunk) =>
        Effect.sync(() => {
          isOutgrown = chunk.byteLength > segment.byteLength - filled
          if (isOutgrown) return false
          segment.set(chunk, filled)
          filled += chunk.byteLength
          return filled < segment.byteLength || response.contentLength !== undefined
        }),
      )
      if (isOutgrown) return undefined
      return filled === segment.byteLength ? segment : yield* closedEarly(segment.byteLength - filled)
    }).pipe(Effect.scoped, RetryPolicy.retry("download"))

  /** The rest by several connections, in segments that are appended in their order. */
  const takeSegments = Effect.fnUntraced(function* (whole: Whole & { readonly total: number }) {
    const meter = JobEvent.meter(
      (receivedBytes) => ({ _tag: "Downloading", taskId, receivedBytes, totalBytes: whole.total }),
      partial.bytes(),
    )
    let next = partial.bytes()
    const open: Array<Fiber.Fiber<Uint8Array | undefined, ReceiveError>> = []
    while (open.length > 0 || next < whole.total) {
      if (open.length < connections && next < whole.total) {
        const end = Math.min(next + segmentBytes, whole.total)
        open.push(yield* Effect.forkScoped(fetchSegment(next, end - 1, whole)))
        next = end
        continue
      }
      const segment = yield* Fiber.join(open.shift()!)
      if (segment === undefined) {
        isParallel = false
        break
      }
      yield* partial.append(segment)
      yield* meter.count(segment.byteLength)
    }
    yield* meter.finish
  }, Effect.scoped)

  /** 416: we asked for what comes after the end, so either we have everything, or we have something else. */
  const judgeEnd = Effect.fnUntraced(function* (response: ResultResponse) {
    // of a result without a first byte no range can be had
    if (partial.bytes() === 0) rangesRefused = true
    const total = contentRange.parse(response.contentRange)?.total ?? partial.whole().total
    if (partial.bytes() === 0 || total !== partial.bytes() || !agree(partial.whole(), describe(response, total)))
      return yield* restart({})
    partial.learn({ total })
  })

  const judge = Effect.gen(function* () {
    const bytes = partial.bytes()
    const { reprDigest, total } = partial.whole()
    const sha256 = yield* partial.sha256
    if (reprDigest !== undefined && reprDigest !== sha256) {
      return yield* corrupt(`its SHA-256 is ${sha256}, and the server says ${reprDigest}`)
    }
    const isEndKnown = total !== undefined || reprDigest !== undefined
    const verified = verify(yield* partial.read(0, Wav.headBytes), bytes, isEndKnown)
    if (Result.isFailure(verified)) {
      const { cutShort, reason } = verified.failure
      // a length that was announced too small is doubted once
      if (cutShort && total !== undefined && !isDoubted) isPatched = isDoubted = true
      // where the end is proven, there is no more to come
      return yield* corrupt(reason, cutShort && !isEndKnown)
    }
    return { bytes, sha256, found: verified.success }
  })

  /** One answer, and the verdict where it was the last that is needed. */
  const attempt = Effect.gen(function* () {
    const have = partial.bytes()
    const { total } = partial.whole()
    const etag = isTagWithheld ? undefined : strong(partial.whole().etag)
    if (have === 0 || have !== total) {
      const start = etag === undefined ? Math.max(0, have - overlapBytes) : have
      // the first segment says what the whole is
      const end = isParallel ? start + segmentBytes - 1 : undefined
      const asksForAll = rangesRefused || (have === 0 && !isParallel)
      const response = yield* client.result(taskId, asksForAll ? undefined : { start, end, ifRange: etag })
      // a server that takes no notice of If-Range may send a part of anything
      if (response.status === 206 && have > 0 && etag !== undefined && response.etag === undefined) {
        isTagWithheld = true
        return undefined
      }
      if (response.status === 200) yield* takeWhole(response)
      else if (response.status === 206) yield* takeRange(response, start)
      else yield* judgeEnd(response)
      const { total: size } = partial.whole()
      const known = strong(partial.whole().etag)
      if (known === undefined || size === undefined) isParallel = false
      else if (isParallel && partial.bytes() < size)
        yield* takeSegments({ ...partial.whole(), total: size }).pipe(
          // a connection that breaks is gone on with by one, which loses nothing of what has come
          Effect.onError(() => Effect.sync(() => void (isParallel = false))),
        )
    }
    const { bytes, whole } = { bytes: partial.bytes(), whole: partial.whole() }
    return bytes === 0 || (whole.total !== undefined && bytes < whole.total) ? undefined : yield* judge
  }).pipe(Effect.scoped)

  const persist = Effect.suspend(() => {
    const before = partial.bytes()
    return attempt.pipe(
      Effect.catchIf(
        // a break after some progress doesn't count against the policy
        (error) => partial.bytes() > before && RetryPolicy.isTransient(error),
        (error) =>
          RetryPolicy.announce("download", 1, breathMillis, error).pipe(
            Effect.andThen(Effect.sleep(breathMillis)),
            Effect.as(undefined),
          ),
      ),
    )
  }).pipe(RetryPolicy.retry("download"))

  while (true) {
    const outcome = yield* Effect.result(persist)
    if (Result.isFailure(outcome)) {
      if (outcome.failure._tag !== "ResultCorrupt" || !isPatched) return yield* outcome.failure
      yield* restart({})
    } else if (outcome.success !== undefined) return outcome.success
    if (restarts > maximumRestarts) return yield* corrupt("the server's answers contradict each other")
  }
})

/** A result that is whole and valid. */
export interface Received {
  readonly taskId: TaskId
  readonly bytes: number
  readonly format: Wav.WavFormat
  /** How long the speech is, in seconds. */
  readonly seconds: number
  /** Of all bytes, in hexadecimal. */
  readonly sha256: string
}

/** Tells that a result is whole and valid. */
export const tellVerified = (taskId: TaskId, { bytes, found, sha256 }: Verdict<Wav.Wav>) => {
  const received: Received = { taskId, bytes, sha256, ...found }
  return Effect.as(JobEvent.emit({ _tag: "Verified", ...received }), received)
}
