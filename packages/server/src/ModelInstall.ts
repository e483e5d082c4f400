/**
 * Puts a model of the user's own where servers find it: unpacked or copied beside its place, looked over, and only then
 * given its name. A directory of that name holds a whole model, whatever crashes.
 */
import { checkModel, problemOf, type SherpaModel } from "@voiceclone/engine/SherpaModel"
import * as Effect from "effect/Effect"
import { cp, mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises"
import { basename, join, resolve } from "node:path"
import { makeDirectory } from "./internal/makeDirectory.ts"
import { reasonOf } from "./SystemError.ts"
import { unpack } from "./internal/unpack.ts"
import { EngineUnusable } from "./ServerError.ts"

/** Where from, and where to. */
export interface Options {
  /** A model's directory, or an archive of one: tar, plain or packed by gzip or bzip2. */
  readonly source: string
  /** The directory that holds a directory for each model. It is made where there is none. */
  readonly models: string
  /** What to call it; by default as the directory is called, in the archive or outside. */
  readonly name?: string | undefined
}

const draftPrefix = ".installing-"

const given = "Give the address of a model's archive, or the path of one, or a model's directory."

const unusable = (reason: string, nextStep: string, cause?: unknown) =>
  new EngineUnusable({ engine: "sherpa", reason, nextStep, cause })

/** The name in the archive's or the directory's own words, as long as it is one. */
const checkName = (name: string): Effect.Effect<string, EngineUnusable> =>
  /^[\w][\w.+-]{0,199}$/u.test(name)
    ? Effect.succeed(name)
    : Effect.fail(
        unusable(
          `${JSON.stringify(name)} is no name for a model`,
          "Give one of letters, digits and hyphens with --name.",
        ),
      )

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** The directory that holds the model: the only one in it, or the one itself. */
const rootOf = async (directory: string): Promise<string> => {
  const entries = await readdir(directory, { withFileTypes: true })
  const [only] = entries
  return entries.length === 1 && only?.isDirectory() === true ? join(directory, only.name) : directory
}

/** So that a power cut leaves no model under its name whose files are empty. */
const sync = async (directory: string): Promise<void> => {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) await sync(path)
    else {
      await using file = await open(path, "r")
      await file.sync()
    }
  }
}

/** Drafts that a crash left, older than any installation takes. */
const sweep = async (models: string): Promise<void> => {
  for (const name of await readdir(models)) {
    const path = join(models, name)
    if (name.startsWith(draftPrefix) && Date.now() - (await stat(path)).mtimeMs > 86_400_000) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

/** Installs the model, and answers what it is. Nothing stands under its name unless it is whole. */
export const install = Effect.fnUntraced(function* ({
  models,
  name: wanted,
  source,
}: Options): Effect.fn.Return<SherpaModel, EngineUnusable> {
  const from = resolve(source)
  const tryFiles = <A>(
    work: () => Promise<A>,
    what: string,
    nextStep = "Mend that, then run the same command again.",
  ) =>
    Effect.tryPromise({
      try: work,
      catch: (error) => unusable(`${what}: ${reasonOf(error)}`, nextStep, error),
    })
  const info = yield* tryFiles(() => stat(from), `the model ${source} cannot be read`, given)
  return yield* Effect.acquireUseRelease(
    tryFiles(async () => {
      makeDirectory(models, 0o777)
      await sweep(models)
      return mkdtemp(join(models, draftPrefix))
    }, `the directory ${models} cannot be written`),
    Effect.fnUntraced(function* (draft) {
      const inside = join(draft, "model")
      if (info.isDirectory()) {
        // links are followed: what they lead to may go away
        yield* tryFiles(() => cp(from, inside, { recursive: true, dereference: true }), "the model cannot be copied")
      } else {
        yield* tryFiles(() => mkdir(inside), "the model cannot be unpacked")
        yield* tryFiles(() => unpack(from, inside), `the archive ${source} cannot be unpacked`, given)
      }
      const root = yield* tryFiles(() => (info.isDirectory() ? Promise.resolve(inside) : rootOf(inside)), "it is gone")
      const own = info.isDirectory()
        ? basename(from)
        : root === inside
          ? basename(from).replace(/\.(?:tar|tgz|tbz2?)\b.*$/u, "")
          : basename(root)
      const name = yield* checkName(wanted ?? own)
      const found = yield* Effect.mapError(checkModel(root), ({ cause }) =>
        unusable(`${source} holds no ZipVoice and no PocketTTS model for sherpa-onnx`, given, cause),
      )
      const problem = problemOf({ ...found, directory: source })
      if (problem !== undefined) return yield* unusable(problem, "Fetch it anew, or add what is missing.")
      const place = join(models, name)
      if (yield* Effect.promise(() => exists(place))) {
        return yield* unusable(
          `a model called ${name} is installed already, in ${place}`,
          `Use it, remove it (rm -r ${place}), or give the other one another --name.`,
        )
      }
      yield* tryFiles(async () => {
        await sync(root)
        await rename(root, place)
      }, `the model cannot be put into ${place}`)
      return yield* Effect.mapError(checkModel(place), ({ cause, detail }) =>
        unusable(detail, "Run the same command again.", cause),
      )
    }),
    (draft) => Effect.promise(() => rm(draft, { recursive: true, force: true }).catch(() => undefined)),
  )
})

/** The models that are installed, whole ones only. */
export const installed = async (models: string): Promise<ReadonlyArray<SherpaModel>> => {
  const names = await readdir(models).catch(() => [])
  const found = await Promise.all(
    names
      .filter((name) => !name.startsWith("."))
      .toSorted()
      .map((name) => Effect.runPromise(Effect.option(checkModel(join(models, name))))),
  )
  return found.flatMap((model) => (model._tag === "Some" && problemOf(model.value) === undefined ? [model.value] : []))
}
