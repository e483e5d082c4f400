/**
 * Requests to one bucket of a store that speaks S3, signed and repeated where that helps.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import { AwsV4Signer } from "aws4fetch"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type { StoreOptions } from "../StoreOptions.ts"

/** The store answered with an error, or not at all. Holds no key and no signature. */
export class S3Failed extends Data.TaggedError("S3Failed")<{
  /** None where no answer came. */
  readonly status?: number
  /** S3's own word, e.g. `NoSuchBucket`. */
  readonly code?: string | undefined
  /** Where the bucket is, if it is elsewhere. */
  readonly region?: string | undefined
  readonly reason: string
}> {
  override get message(): string {
    return this.reason
  }
  /** Whether the next attempt may go better. */
  get isTransient(): boolean {
    return this.status === undefined || this.status >= 500 || this.status === 429 || this.code === "RequestTimeout"
  }
}

/** What is asked of the store. */
export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE"
  /** The object's name, after the prefix; empty for the bucket itself. */
  readonly name: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly content: HttpBody.HttpBody; readonly sha256: string }
  /** How long the head of the answer may take. Default: 10 seconds. */
  readonly patience?: Duration.Input
}

/** Five more attempts, within six seconds or so; none where those before took ten. */
export const again = Schedule.exponential("200 millis").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 5, duration: "10 seconds" }),
)

/** SHA-256 of nothing, in hexadecimal. */
const emptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

const unreachable = ({ reason }: HttpClientError) => {
  // The cause knows more, and the error itself has the signed request in it.
  const cause = "cause" in reason ? (reason.cause as { readonly code?: string; readonly message?: string }) : undefined
  return new S3Failed({ reason: `it cannot be reached (${cause?.code ?? cause?.message ?? reason._tag})` })
}

const refused = (response: HttpClientResponse, body: string) => {
  const code = /<Code>(\w+)<\/Code>/u.exec(body)?.[1]
  const { status } = response
  const region = response.headers["x-amz-bucket-region"] ?? /<Region>([\w-]+)<\/Region>/u.exec(body)?.[1]
  return new S3Failed({ status, code, region, reason: `it answered ${status}${code === undefined ? "" : ` ${code}`}` })
}

/** The client for a bucket. */
export const make = Effect.fnUntraced(function* (options: StoreOptions) {
  const client = yield* HttpClient.HttpClient
  const { bucket, endpoint, prefix, region } = options
  // Amazon wants the bucket in the host; a name with dots fits none of its certificates, and few others take such hosts.
  const base =
    endpoint !== undefined
      ? `${new URL(endpoint).origin}/${bucket}`
      : bucket.includes(".")
        ? `https://s3.${region}.amazonaws.com/${bucket}`
        : `https://${bucket}.s3.${region}.amazonaws.com`
  const { sessionToken } = options

  const sign = ({ body, headers, method, name, query = {} }: S3Request) =>
    Effect.promise(() => {
      const url = new URL(name === "" ? `${base}/` : `${base}/${prefix && `${prefix}/`}${name}`)
      for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
      return new AwsV4Signer({
        service: "s3",
        region,
        accessKeyId: options.accessKeyId,
        secretAccessKey: Redacted.value(options.secretAccessKey),
        ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) }),
        method,
        url: url.href,
        headers: { ...headers, "x-amz-content-sha256": body?.sha256 ?? emptySha256 },
      }).sign()
    })

  /** One attempt; an answer of 300 or more is an error. */
  const attempt = Effect.fnUntraced(function* (request: S3Request): Effect.fn.Return<HttpClientResponse, S3Failed> {
    const signed = yield* sign(request)
    const plain = HttpClientRequest.make(request.method)(signed.url.href).pipe(
      HttpClientRequest.setHeaders(Object.fromEntries(signed.headers)),
    )
    const response = yield* client
      .execute(request.body === undefined ? plain : HttpClientRequest.setBody(plain, request.body.content))
      .pipe(
        Effect.mapError(unreachable),
        Effect.timeoutOrElse({
          duration: request.patience ?? "10 seconds",
          orElse: () => Effect.fail(new S3Failed({ reason: "it did not answer in time" })),
        }),
      )
    if (response.status < 300) return response
    const body = yield* response.text.pipe(
      Effect.timeout("10 seconds"),
      Effect.orElseSucceed(() => ""),
    )
    return yield* refused(response, body)
  })

  /** Asks, repeats what may go better, and reads the whole answer. */
  const ask = (request: S3Request) =>
    attempt(request).pipe(
      Effect.flatMap((response) =>
        response.arrayBuffer.pipe(
          Effect.mapError(unreachable),
          Effect.timeoutOrElse({
            duration: "2 minutes",
            orElse: () => Effect.fail(new S3Failed({ reason: "its answer did not end" })),
          }),
          Effect.map((body) => ({ headers: response.headers, body: new Uint8Array(body) })),
        ),
      ),
      Effect.retry({ schedule: again, while: ({ isTransient }) => isTransient }),
    )

  return { attempt, ask, unreachable }
})
