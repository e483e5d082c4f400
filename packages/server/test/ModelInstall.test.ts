import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { create } from "tar"
import { unpack } from "../src/internal/unpack.ts"
import * as ModelInstall from "../src/ModelInstall.ts"
import { temporary } from "./TestServer.ts"

/** A PocketTTS model of arithmetic, in the directory `pk`, made by the generators in the engine's tests. */
const bzip2 = fileURLToPath(new URL("pocket.tar.bz2", import.meta.url))

/** A place with the model unpacked in `pk`, and an empty directory for what is installed. */
const workplace = Effect.gen(function* () {
  const directory = yield* temporary
  yield* Effect.promise(() => unpack(bzip2, directory))
  return { directory, model: join(directory, "pk"), models: join(directory, "models") }
})

const refusal = (options: ModelInstall.Options) =>
  Effect.map(Effect.flip(ModelInstall.install(options)), ({ message }) => message)

/** Nothing but what was there before. */
const assertUntouched = (models: string, before: ReadonlyArray<string> = []) =>
  assert.deepStrictEqual(existsSync(models) ? readdirSync(models) : [], [...before])

describe("ModelInstall", () => {
  it.live.each(["tar.bz2", "tar.gz", "tar", "directory"])("installs a model from a %s", (form) =>
    Effect.gen(function* () {
      const { directory, model, models } = yield* workplace
      const archive = join(directory, `model.${form}`)
      if (form === "tar.bz2") copyFileSync(bzip2, archive)
      else if (form !== "directory") {
        yield* Effect.promise(() => create({ file: archive, cwd: directory, gzip: form === "tar.gz" }, ["pk"]))
      }
      const found = yield* ModelInstall.install({ source: form === "directory" ? model : archive, models })
      assert.deepInclude(found, { kind: "pocket", name: "pk", directory: join(models, "pk"), missing: [], damaged: [] })
      assert.deepStrictEqual(readdirSync(models), ["pk"])
      assert.deepStrictEqual(
        readFileSync(join(models, "pk", "encoder.onnx")),
        readFileSync(join(model, "encoder.onnx")),
      )
      assert.deepStrictEqual(yield* Effect.promise(() => ModelInstall.installed(models)), [found])
      assert.match(yield* refusal({ source: model, models }), /a model called pk is installed already/)
      yield* ModelInstall.install({ source: model, models, name: "another" })
      assert.deepStrictEqual(readdirSync(models), ["another", "pk"])
    }).pipe(Effect.scoped),
  )

  it.live("takes an archive whose files lie at its top by the archive's name", () =>
    Effect.gen(function* () {
      const { directory, model, models } = yield* workplace
      const archive = join(directory, "flat-1.0.tar.gz")
      yield* Effect.promise(() => create({ file: archive, cwd: model, gzip: true }, readdirSync(model)))
      assert.strictEqual((yield* ModelInstall.install({ source: archive, models })).name, "flat-1.0")
    }).pipe(Effect.scoped),
  )

  it.live("leaves nothing of an archive that is cut short, wherever", () =>
    Effect.gen(function* () {
      const { directory, models } = yield* workplace
      const whole = readFileSync(bzip2)
      const archive = join(directory, "cut.tar.bz2")
      for (const share of [0, 0.01, 0.2, 0.5, 0.9, 0.99]) {
        writeFileSync(archive, whole.subarray(0, Math.floor(whole.length * share)))
        yield* refusal({ source: archive, models })
        assertUntouched(models)
      }
    }).pipe(Effect.scoped),
  )

  it.live("refuses what is no archive, no model, not whole, or not there", () =>
    Effect.gen(function* () {
      const { directory, model, models } = yield* workplace
      const page = join(directory, "model.tar.gz")
      writeFileSync(page, "<!doctype html>")
      assert.match(yield* refusal({ source: page, models }), /it is no tar archive, plain or packed by gzip or bzip2/)
      assert.match(
        yield* refusal({ source: join(directory, "nowhere"), models }),
        /cannot be read: no such file or directory/,
      )
      const other = join(directory, "other")
      mkdirSync(other)
      assert.match(yield* refusal({ source: other, models }), /holds no ZipVoice and no PocketTTS model/)
      writeFileSync(join(model, "decoder.int8.onnx"), "cut")
      assert.match(yield* refusal({ source: model, models }), /has no whole ONNX model in decoder.int8.onnx/)
      assert.match(yield* refusal({ source: model, models, name: "../up" }), /"..\/up" is no name for a model/)
      assertUntouched(models)
    }).pipe(Effect.scoped),
  )

  it.live("lets no archive write or link outside of its place", () =>
    Effect.gen(function* () {
      const { directory, model, models } = yield* workplace
      symlinkSync("/etc", join(model, "espeak-ng-data"))
      const linked = join(directory, "linked.tar")
      yield* Effect.promise(() => create({ file: linked, cwd: directory }, ["pk"]))
      assert.match(
        yield* refusal({ source: linked, models }),
        /espeak-ng-data, which is neither a file nor a directory/,
      )
      const escaping = join(directory, "escaping.tar")
      mkdirSync(join(directory, "deep"))
      const above = { file: escaping, cwd: join(directory, "deep"), preservePaths: true }
      yield* Effect.promise(() => create(above, ["../pk/encoder.onnx"]))
      assert.match(yield* refusal({ source: escaping, models }), /cannot be unpacked/)
      assertUntouched(models)
    }).pipe(Effect.scoped),
  )
})
