/**
 * A store that speaks as much S3 as the server needs, in this process. It verifies every signature and digest by itself
 * (Signature Version 4, written after Amazon's description and checked against its example), lists two keys at a time,
 * and goes wrong where a test wants it to.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createHash, createHmac } from "node:crypto"
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { StoreOptions } from "../src/StoreOptions.ts"

const accessKeyId = "AKIDEXAMPLE"
const secretAccessKey = "a-secret/with+signs"
const region = "eu-north-1"

interface Signed {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex")

/** The signature that the request should have. */
export const signatureOf = ({ headers, method, target }: Signed, secret: string): string => {
  const [, scope = "", names = ""] =
    /Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=/u.exec(headers.authorization ?? "") ?? []
  const [path = "", query = ""] = target.split("?")
  const parameters = query === "" ? [] : query.split("&").map((one) => (one.includes("=") ? one : `${one}=`))
  const canonical = [
    method,
    path,
    parameters.toSorted().join("&"),
    ...names.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    names,
    headers["x-amz-content-sha256"],
  ].join("\n")
  const key = scope.split("/").reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secret}`)
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n")
  return hmac(key, toSign).toString("hex")
}

/** What goes wrong, once: an answer of 503, a body cut off after so many bytes, or a connection cut before an answer. */
export type Trouble = "busy" | "cut" | { readonly cutAfter: number }

interface S3TestServer {
  readonly options: (prefix?: string) => StoreOptions
  readonly objects: Map<string, Buffer>
  /** The next requests of the method meet these, one each; while the store is away, nobody gets an answer, and while the bucket is, another. */
  readonly trouble: { readonly method: string; readonly happens: Array<Trouble>; isAway: boolean; isGone: boolean }
  /** Is told of each object that has been stored, before who sent it is. */
  readonly onStored: { call: (key: string) => void }
  readonly requests: Array<Signed>
}

const fail = (response: ServerResponse, status: number, code: string) =>
  response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code></Error>`)

/** Runs until the scope closes, with the bucket `voices`. */
export const serve = Effect.acquireRelease(
  Effect.promise(async () => {
    const objects = new Map<string, Buffer>()
    const state: State = {
      objects,
      requests: [],
      trouble: { method: "", happens: [], isAway: false, isGone: false },
      onStored: { call: () => {} },
    }
    const server = createServer((request, response) => void answer(state, request, response))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const options = (prefix = ""): StoreOptions => ({
      bucket: "voices",
      prefix,
      region,
      endpoint,
      accessKeyId,
      secretAccessKey: Redacted.make(secretAccessKey),
      sessionToken: undefined,
    })
    return { ...state, options, server }
  }),
  ({ server }) =>
    Effect.promise(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }),
)

/** The same for another process. */
export const environment = ({ accessKeyId, bucket, endpoint, prefix, region, secretAccessKey }: StoreOptions) => ({
  VOICECLONE_STORE: `s3://${bucket}/${prefix}`,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: Redacted.value(secretAccessKey),
  AWS_REGION: region,
  AWS_ENDPOINT_URL: endpoint,
})

type State = Pick<S3TestServer, "objects" | "requests" | "trouble" | "onStored">

const answer = async (state: State, request: IncomingMessage, response: ServerResponse) => {
  const chunks: Array<Buffer> = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return
  }
  const body = Buffer.concat(chunks)
  const { headers, method = "", url: target = "" } = request
  state.requests.push({ method, target, headers })
  const trouble = state.trouble.method === method ? state.trouble.happens.shift() : undefined
  if (trouble === "busy") return fail(response, 503, "SlowDown")
  if (trouble === "cut" || state.trouble.isAway) return request.socket.destroy()

  const [, known, scope, names = "", signature] =
    /Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/u.exec(headers.authorization ?? "") ?? []
  if (known === undefined) return fail(response, 403, "AccessDenied")
  const date = String(headers["x-amz-date"])
  if (scope !== `${date.slice(0, 8)}/${region}/s3/aws4_request`) {
    return fail(response, 400, "AuthorizationHeaderMalformed")
  }
  // What is not signed could be another's: Amazon wants the host, and every header of its own.
  const own = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"))
  if (!own.every((name) => names.split(";").includes(name))) return fail(response, 403, "AccessDenied")
  if (known !== accessKeyId) return fail(response, 403, "InvalidAccessKeyId")
  if (signature !== signatureOf({ method, target, headers }, secretAccessKey)) {
    return fail(response, 403, "SignatureDoesNotMatch")
  }
  if (headers["x-amz-content-sha256"] !== sha256(body)) return fail(response, 400, "XAmzContentSHA256Mismatch")

  const url = new URL(target, "http://store")
  const [, bucket, key = ""] = /^\/([^/]+)\/?(.*)$/u.exec(decodeURIComponent(url.pathname)) ?? []
  if (bucket !== "voices" || state.trouble.isGone) return fail(response, 404, "NoSuchBucket")
  if (key === "") return list(state.objects, url.searchParams, response)
  const object = state.objects.get(key)
  switch (method) {
    case "PUT":
      state.objects.set(key, body)
      state.onStored.call(key)
      return response.writeHead(200).end()
    case "DELETE":
      state.objects.delete(key)
      return response.writeHead(204).end()
  }
  if (object === undefined) return fail(response, 404, "NoSuchKey")
  const etag = `"${createHash("md5").update(object).digest("hex")}"`
  if ((headers["if-match"] ?? etag) !== etag) return fail(response, 412, "PreconditionFailed")
  const [, first = "0", last = `${object.length - 1}`] = /^bytes=(\d+)-(\d+)$/u.exec(headers.range ?? "") ?? []
  if (Number(first) >= object.length && headers.range !== undefined) return fail(response, 416, "InvalidRange")
  const part = object.subarray(Number(first), Number(last) + 1)
  const range = { "content-range": `bytes ${first}-${last}/${object.length}` }
  response.writeHead(headers.range === undefined ? 200 : 206, {
    etag,
    "content-length": part.length,
    ...(headers.range === undefined ? {} : range),
  })
  if (method === "HEAD") return response.end()
  if (trouble === undefined) return response.end(part)
  response.write(part.subarray(0, trouble.cutAfter), () => response.destroy())
}

const list = (objects: Map<string, Buffer>, query: URLSearchParams, response: ServerResponse) => {
  const from = query.get("continuation-token") ?? ""
  const keys = [...objects.keys()].filter((key) => key.startsWith(query.get("prefix") ?? "") && key > from).toSorted()
  const page = keys.slice(0, 2)
  const next = keys.length > 2 ? `<NextContinuationToken>${page[1]}</NextContinuationToken>` : ""
  const contents = page.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>${objects.get(key)?.length}</Size></Contents>`,
  )
  response.writeHead(200, { "content-type": "application/xml" })
  response.end(`<ListBucketResult>${next}${contents.join("")}</ListBucketResult>`)
}
