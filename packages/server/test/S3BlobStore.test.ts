import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as BlobStoreConformance from "@voiceclone/testing/BlobStoreConformance"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { BlobStore, sampleOf } from "../src/BlobStore.ts"
import { DataDirectory } from "../src/DataDirectory.ts"
import * as S3BlobStore from "../src/S3BlobStore.ts"
import { Server } from "../src/Server.ts"
import { ServerConfig } from "../src/ServerOptions.ts"
import * as StoreOptions from "../src/StoreOptions.ts"
import * as S3TestServer from "./S3TestServer.ts"
import * as ServerProcess from "./ServerProcess.ts"
import * as Swift from "./Swift.ts"
import { call, create, eventually, serve, StubSynthesizer, stubResult, temporary, until } from "./TestServer.ts"

const open = (dataDirectory: string, options: StoreOptions.StoreOptions) =>
  Layer.build(
    Layer.fresh(S3BlobStore.layer(options)).pipe(
      Layer.provide([DataDirectory.layer, NodeHttpClient.layerNodeHttp]),
      Layer.provide(ServerConfig.layer({ dataDirectory })),
      Layer.provide(NodeServices.layer),
    ),
  ).pipe(Effect.map(Context.get(BlobStore)))

const place = Effect.map(Effect.all([temporary, S3TestServer.serve]), ([dataDirectory, s3]) =>
  open(dataDirectory, s3.options("some/place")),
)

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31) & 0xff))

/** What a bucket holds of tasks. */
const blobsIn = ({ objects }: { readonly objects: ReadonlyMap<string, Buffer> }) =>
  new Map([...objects].filter(([key]) => !key.endsWith("store-id")))

/** Runs while the test's time goes by, some ten times as fast as ours. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const step = Effect.andThen(
    TestClock.adjust("1 second"),
    Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100))),
  )
  return Effect.raceFirst(effect, Effect.forever(step))
}

describe("S3BlobStore", () => {
  for (const { name, check } of BlobStoreConformance.cases(place)) it.live(name, () => check)

  it("is tested against signatures that are Amazon's own", () => {
    const headers = {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "x-amz-date": "20130524T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=",
    }
    assert.strictEqual(
      S3TestServer.signatureOf(
        { method: "GET", target: "/test.txt", headers },
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      ),
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    )
  })

  it.live("gets over a busy store and cut connections, and goes on where a transfer broke", () =>
    Effect.gen(function* () {
      const [dataDirectory, s3] = [yield* temporary, yield* S3TestServer.serve]
      const blobs = yield* open(dataDirectory, s3.options())
      const name = sampleOf("a")
      const meets = (method: string, ...happens: Array<S3TestServer.Trouble>) =>
        Object.assign(s3.trouble, { method, happens })

      meets("PUT", "busy", "cut")
      yield* blobs.put(name, (writer) => writer.append(bytes))
      assert.deepStrictEqual(s3.objects.get("samples/a"), bytes)

      meets("GET", { cutAfter: 100_000 }, "busy", { cutAfter: 50_000 })
      s3.requests.length = 0
      const part = { offset: 10, length: bytes.length - 10 }
      const read = yield* Stream.runCollect(blobs.stream(name, part))
      assert.deepStrictEqual(Buffer.concat(read), bytes.subarray(10))
      const firsts = s3.requests.map(({ headers }) => Number(/\d+/u.exec(headers.range ?? "")?.[0]))
      assert.strictEqual(firsts.length, 4)
      assert.isAbove(firsts[1]!, 10)
      assert.strictEqual(firsts[1], firsts[2])
      assert.isAbove(firsts[3]!, firsts[2]!)

      // Another object under the same name is not the rest of this one.
      meets("GET", { cutAfter: 100_000 })
      const mixed = yield* blobs.stream(name, part).pipe(
        Stream.tap(() => Effect.sync(() => s3.objects.set("samples/a", Buffer.alloc(bytes.length)))),
        Stream.runDrain,
        Effect.flip,
      )
      assert.match((mixed.cause as Error).message, /412 PreconditionFailed/u)

      meets("PUT", "busy", "busy", "busy", "busy", "busy", "busy")
      const failure = yield* Effect.flip(blobs.put(sampleOf("b"), (writer) => writer.append(bytes)))
      assert.strictEqual(failure.message, "The blob store failed to write samples/b")
      assert.isFalse(s3.objects.has("samples/b"))
    }),
  )

  it.live("takes no blob for missing because the bucket is", () =>
    Effect.gen(function* () {
      const [dataDirectory, s3] = [yield* temporary, yield* S3TestServer.serve]
      const blobs = yield* open(dataDirectory, s3.options())
      s3.trouble.isGone = true
      const { cause } = yield* Effect.flip(blobs.size(sampleOf("a")))
      assert.match((cause as Error).message, /404 NoSuchBucket/u)
    }),
  )

  it.live("leaves no voice on the disk, not even while it writes", () =>
    Effect.gen(function* () {
      const [dataDirectory, s3] = [yield* temporary, yield* S3TestServer.serve]
      const blobs = yield* open(dataDirectory, s3.options())
      const seen = yield* blobs.put(sampleOf("a"), (writer) =>
        Effect.andThen(
          writer.append(bytes),
          Effect.sync(() => readdirSync(join(dataDirectory, "staging"))),
        ),
      )
      assert.deepStrictEqual(seen, [])
    }),
  )

  it.live("ends the start with the name of what is wrong", () =>
    Effect.gen(function* () {
      const [dataDirectory, s3] = [yield* temporary, yield* S3TestServer.serve]
      const start = (change: Partial<StoreOptions.StoreOptions>) =>
        open(dataDirectory, { ...s3.options("place"), ...change }).pipe(
          Effect.scoped,
          Effect.flip,
          Effect.map((error) => `${error.message}. ${"nextStep" in error ? error.nextStep : ""}`),
        )
      assert.strictEqual(
        yield* start({ bucket: "others" }),
        "Cannot use the store s3://others/place: it answered 404 NoSuchBucket. Make the bucket, or name another in VOICECLONE_STORE.",
      )
      assert.include(yield* start({ accessKeyId: "nobody" }), "403 InvalidAccessKeyId. Correct AWS_ACCESS_KEY_ID")
      assert.include(yield* start({ region: "eu-west-9" }), "400 AuthorizationHeaderMalformed")
      const secret = "not-the-secret"
      const refused = yield* start({ secretAccessKey: Redacted.make(secret) })
      assert.include(refused, "403 SignatureDoesNotMatch. Correct AWS_SECRET_ACCESS_KEY")
      assert.notInclude(refused, secret)
      assert.include(yield* start({ endpoint: "http://127.0.0.1:1" }), "it cannot be reached (ECONNREFUSED). Check")
    }),
  )

  it.live("holds one result of a task whose server was killed before it could write down that it was there", () =>
    Effect.gen(function* () {
      const [dataDirectory, s3] = [yield* temporary, yield* S3TestServer.serve]
      const store = s3.options("place")
      const { baseUrl, child } = yield* ServerProcess.start({ dataDirectory, store })
      const exited = once(child, "exit")
      s3.onStored.call = (key) => void (key.includes("/results/") && child.kill("SIGKILL"))
      const id = yield* create(baseUrl, "Hello.")
      yield* Effect.promise(() => exited)
      s3.onStored.call = () => {}
      assert.sameMembers([...blobsIn(s3).keys()], [`place/samples/${id}`, `place/results/${id}.1.wav`])

      const { baseUrl: again } = Context.get(yield* Layer.build(serve({ dataDirectory, store })), Server)
      yield* until(again, id, "completed")
      const { body } = yield* call(`${again}/async-clone/task-result/${id}`)
      assert.deepStrictEqual(body, stubResult)
      yield* eventually(
        "the sample to be deleted",
        Effect.sync(() => blobsIn(s3).size === 1),
      )
      assert.deepStrictEqual([...blobsIn(s3).keys()], [`place/results/${id}.2.wav`])
    }),
  )

  it.effect("is waited for when it is away, and no task fails for it", () =>
    Effect.gen(function* () {
      const [dataDirectory, s3] = [yield* temporary, yield* S3TestServer.serve]
      let spoken = 0
      const engine = Layer.effect(
        Synthesizer,
        Effect.map(Synthesizer, (stub) =>
          Synthesizer.of({
            ...stub,
            synthesize: (request) =>
              Stream.suspend(() => {
                if (spoken++ === 0) s3.trouble.isAway = true
                return stub.synthesize(request)
              }),
          }),
        ),
      ).pipe(Layer.provide(StubSynthesizer))
      const running = yield* Layer.build(serve({ dataDirectory, store: s3.options() }, engine))
      const { baseUrl } = Context.get(running, Server)
      const ready = Effect.map(call(`${baseUrl}/ready`), ({ json, status }) => [status, json.detail ?? json.status])
      assert.deepStrictEqual(yield* ready, [200, "ok"])
      const id = yield* create(baseUrl, "Hello.")
      for (let seconds = 0; seconds < 120; seconds++) {
        yield* TestClock.adjust("1 second")
        const { json } = yield* call(`${baseUrl}/async-clone/task-status/${id}`)
        assert.include(["pending", "processing"], json.status)
      }
      assert.deepStrictEqual(yield* passing(ready), [503, "The store does not answer"])
      assert.strictEqual(spoken, 1)
      s3.trouble.isAway = false
      yield* passing(until(baseUrl, id, "completed"))
      const { body } = yield* call(`${baseUrl}/async-clone/task-result/${id}`)
      assert.deepStrictEqual(body, stubResult)
      assert.strictEqual(spoken, 2)
    }),
  )

  it.live("serves a task from its sample to its result", () =>
    Effect.gen(function* () {
      const [dataDirectory, s3] = [yield* temporary, yield* S3TestServer.serve]
      const running = yield* Layer.build(serve({ dataDirectory, store: s3.options("voices/of-ours") }))
      const { baseUrl } = Context.get(running, Server)
      const id = yield* create(baseUrl, "Hello.")
      yield* until(baseUrl, id, "completed")
      const headers = { range: "bytes=44-99" }
      const answer = yield* call(`${baseUrl}/async-clone/task-result/${id}`, { headers })
      assert.strictEqual(answer.status, 206)
      assert.deepStrictEqual(answer.body, stubResult.subarray(44, 100))
      const keys = [...blobsIn(s3).keys()]
      assert.isTrue(keys.every((key) => key.startsWith("voices/of-ours/results/")))
      assert.deepStrictEqual([...blobsIn(s3).values()], [stubResult])
      yield* call(`${baseUrl}/async-clone/task/${id}`, { method: "DELETE" })
      assert.strictEqual(blobsIn(s3).size, 0)
    }),
  )
})

describe.skipIf(!Swift.isInstalled)(`S3BlobStore${Swift.isInstalled ? "" : " (SKIPPED: no python3-swift)"}`, () => {
  const place = Effect.map(Effect.all([temporary, Swift.place]), ([dataDirectory, options]) =>
    open(dataDirectory, options),
  )
  for (const { name, check } of BlobStoreConformance.cases(place)) it.live(`at Swift ${name}`, () => check)

  it.live("at Swift serves a task, and says what is wrong with a start", () =>
    Effect.gen(function* () {
      const [dataDirectory, store] = [yield* temporary, yield* Swift.place]
      const start = (change: Partial<StoreOptions.StoreOptions>) =>
        Effect.map(
          Effect.flip(Effect.scoped(open(dataDirectory, { ...store, ...change }))),
          (error) => `${error.message}. ${"nextStep" in error ? error.nextStep : ""}`,
        )
      assert.include(yield* start({ secretAccessKey: Redacted.make("another") }), "Correct AWS_SECRET_ACCESS_KEY")
      assert.include(yield* start({ region: "us-east-1" }), "Set AWS_REGION to eu-north-1")
      assert.include(yield* start({ bucket: "others" }), "Make the bucket")

      const { baseUrl } = Context.get(yield* Layer.build(serve({ dataDirectory, store })), Server)
      const id = yield* create(baseUrl, "Hello.")
      yield* until(baseUrl, id, "completed")
      const answer = yield* call(`${baseUrl}/async-clone/task-result/${id}`, { headers: { range: "bytes=44-99" } })
      assert.deepStrictEqual(answer.body, stubResult.subarray(44, 100))
    }),
  )
})

describe("StoreOptions", () => {
  const environment = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "s3cret" }
  const parse = (store: string, more: Record<string, string> = {}) =>
    Result.match(StoreOptions.parse(store, { ...environment, ...more }), {
      onFailure: (problems) => problems.join("; "),
      onSuccess: ({ bucket, endpoint, prefix, region }) => [bucket, prefix, region, endpoint].join(" "),
    })

  it("reads an address, and what the environment says about it", () => {
    assert.strictEqual(parse("s3://voices"), "voices  us-east-1 ")
    const more = { AWS_REGION: "eu-north-1", AWS_ENDPOINT_URL: "https://s3.example" }
    assert.strictEqual(parse("s3://my.voices/a/b-c/", more), "my.voices a/b-c eu-north-1 https://s3.example")
  })

  it("refuses what would be another place than it says, and names what is missing", () => {
    for (const wrong of [
      "voices",
      "s3://",
      "s3://a/../b",
      "s3://voices//x",
      "s3://voices/ä",
      "https://voices",
      "/srv",
    ]) {
      assert.include(parse(wrong), "it is not s3://bucket")
    }
    assert.include(parse("s3://voices", { AWS_ENDPOINT_URL: "s3.example/x" }), "AWS_ENDPOINT_URL is not the address")
    assert.strictEqual(
      parse("s3://voices", { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: " " }),
      "AWS_ACCESS_KEY_ID is not set, and the store needs it; AWS_SECRET_ACCESS_KEY is not set, and the store needs it",
    )
  })
})
