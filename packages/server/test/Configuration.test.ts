import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Configuration from "../src/Configuration.ts"
import { settings } from "../src/Settings.ts"

const read = (
  said: {
    readonly flags?: Configuration.Sources["flags"]
    readonly environment?: Record<string, string>
    readonly file?: unknown
  } = {},
) => {
  const path = join(mkdtempSync(join(tmpdir(), "voiceclone-")), "server.json")
  if (said.file !== undefined) {
    writeFileSync(path, typeof said.file === "string" ? said.file : JSON.stringify(said.file))
  }
  const flags = { ...said.flags, ...(said.file === undefined ? {} : { config: path }) }
  const configuration = Configuration.read({
    flags,
    environment: said.environment ?? {},
    defaults: { data: "here" },
  })
  return Result.mapError(configuration, ({ problems }) => problems.map((one) => one.replace(path, "FILE")))
}

const problems = (said: Parameters<typeof read>[0]): ReadonlyArray<string> => Result.getOrThrow(Result.flip(read(said)))

describe("Configuration", () => {
  it("takes a flag before the environment, and that before the file", () => {
    const file = { port: 3, host: "file", retention: "3h", keys: ["anna:a", "ben:b"], "private-webhooks": true }
    const environment = { VOICECLONE_PORT: "2", VOICECLONE_HOST: "environment", VOICECLONE_RETENTION: "" }
    const found = Result.getOrThrow(read({ flags: { port: "1" }, environment, file }))
    assert.deepStrictEqual([found.port, found.host], [1, "environment"])
    assert.deepStrictEqual(found.retention, Duration.hours(3))
    assert.deepStrictEqual(
      found.keys?.map(({ key, owner }) => [owner, Redacted.value(key)]),
      [
        ["anna", "a"],
        ["ben", "b"],
      ],
    )
    assert.isTrue(found.webhooksToPrivateAddresses)
    assert.strictEqual(found.dataDirectory, "here")
  })

  it("names the variable that was meant by one that is none, and leaves those of others alone", () => {
    const environment = {
      VOICECLONE_RETENSION: "3h",
      VOICECLONE_SERVER_KEY: "anna:a",
      VOICECLONE_EMPTY: "",
      VOICECLONE_API_KEY: "client",
      VOICECLONE_BASE_URL: "https://a.example",
      VOICECLONE_SERVICE_HOST: "10.0.0.1",
      VOICECLONE_PORT_8787_TCP_ADDR: "10.0.0.1",
    }
    assert.deepStrictEqual(problems({ environment }), [
      "VOICECLONE_RETENSION is no setting; the nearest is VOICECLONE_RETENTION",
      "VOICECLONE_SERVER_KEY is no setting; the nearest is VOICECLONE_SERVER_KEYS",
    ])
  })

  it("reads every setting, from each place", () => {
    const said: Record<string, string> = {
      "max-sample-size": "1 MiB",
      "max-sample-length": "90s",
      "max-text-length": "7",
      "max-tasks": "8",
      "max-requests": "9",
      "allowed-origins": "https://a.example, http://localhost:5173",
      "shutdown-timeout": "500ms",
      "metrics-token": "token",
      store: "s3://voices/ours",
      log: "json",
      "log-level": "Warn",
      engine: "sherpa",
      "engine-dir": "models",
      "engine-threads": "2",
    }
    const aws = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" }
    const variables = settings.flatMap(({ name, variable }) => (name in said ? [[variable, said[name]!]] : []))
    for (const from of [
      { file: said, environment: aws },
      { environment: { ...aws, ...Object.fromEntries(variables) } },
    ]) {
      const found = Result.getOrThrow(read(from))
      assert.deepStrictEqual(found.limits, {
        sampleBytes: 1024 * 1024,
        sampleSeconds: 90,
        textLength: 7,
        tasksInFlight: 8,
        requestsPerMinute: 9,
      })
      assert.deepStrictEqual(found.allowedOrigins, ["https://a.example", "http://localhost:5173"])
      assert.deepStrictEqual(found.shutdownTimeout, Duration.millis(500))
      assert.strictEqual(Redacted.value(found.metricsToken!), "token")
      assert.deepStrictEqual([found.log, found.logLevel], ["json", "warn"])
      assert.deepInclude(found.store, { bucket: "voices", prefix: "ours" })
      assert.deepInclude(found.engine, { engine: "sherpa", directory: "models", threads: 2 })
    }
  })

  it("tells everything that is wrong at once, and where it was said", () => {
    assert.deepStrictEqual(
      problems({
        flags: { port: "99999" },
        environment: { VOICECLONE_RETENTION: "soon", VOICECLONE_LOG: "xml", VOICECLONE_ENGINE_DIR: "models" },
        file: { "max-tasks": 0, "allowed-origins": ["a.example"], prot: 1, keys: { anna: "secret" } },
      }),
      [
        `FILE has "prot", which is no setting; the nearest is "port"`,
        "keys in FILE is no text, number, yes or no, or list of texts",
        `--port is "99999", which is not a port: 0 to 65535`,
        `VOICECLONE_RETENTION is "soon", which is not a time from 1s to 3650d`,
        `max-tasks in FILE is "0", which is not a number from 1`,
        `allowed-origins in FILE is "a.example", which is not a list of origins, e.g. https://a.example`,
        `VOICECLONE_LOG is "xml", which is not one of logfmt, json, pretty`,
        "VOICECLONE_ENGINE_DIR is set, but the engine is match, which has no such setting",
      ],
    )
  })

  it("does not show secrets", () => {
    const secret = "s3cret"
    for (const wrong of [
      { environment: { VOICECLONE_SERVER_KEYS: secret } },
      { file: `{ "keys": "anna:${secret}" "x" }` },
      { file: { keys: [secret] } },
      { environment: { VOICECLONE_STORE: "s3://voices", AWS_SECRET_ACCESS_KEY: secret } },
    ])
      assert.notInclude(problems(wrong).join(), secret)
  })

  it("says what is the matter with a file", () => {
    assert.deepStrictEqual(problems({ flags: { config: "/nowhere.json" } }), [
      "/nowhere.json cannot be read: no such file or directory",
    ])
    assert.deepStrictEqual(problems({ file: "{" }), ["FILE is not JSON"])
    assert.deepStrictEqual(problems({ file: [] }), ["FILE is not a JSON object"])
    assert.deepStrictEqual(problems({ file: { config: "other.json" } }), [
      `FILE has "config", which is no setting; the nearest is "config"`,
    ])
  })
})
