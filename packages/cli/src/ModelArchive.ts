/**
 * The archive of a voice model, brought home: resumed where an earlier run stopped, and checked by its digest before
 * anything reads it.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as RemoteFile from "@voiceclone/core/RemoteFile"
import * as DigestNode from "@voiceclone/node/DigestNode"
import * as HttpClientNode from "@voiceclone/node/HttpClientNode"
import * as ProcessIdentityNode from "@voiceclone/node/ProcessIdentityNode"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { join } from "node:path"

/** The archive did not come, or is not the one that was asked for. */
export class ModelUnavailable extends Data.TaggedError("ModelUnavailable")<{
  readonly url: string
  readonly reason: string
  readonly nextStep: string
}> {
  override get message(): string {
    return `Cannot fetch ${this.url}: ${this.reason}`
  }
}

/** The addresses that are fetched from. */
export const parseUrl = (source: string): URL | undefined =>
  /^https?:\/\//iu.test(source) && URL.canParse(source) ? new URL(source) : undefined

const nameOf = (url: URL): string => {
  const last = decodeURIComponent(url.pathname.split("/").findLast((part) => part !== "") ?? "")
  return (
    last
      .replaceAll(/[^\w.+-]/gu, "_")
      .replace(/^[._]+/u, "")
      .slice(-150) || "model"
  )
}

/** The digest in the file that often stands beside an archive: `<archive>.sha256`, as sha256sum writes it. */
const fromSidecar = Effect.fnUntraced(function* (url: URL, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const beside = new URL(`${url.origin}${url.pathname}.sha256${url.search}`)
  const file = join(directory, `${nameOf(url)}.sha256`)
  return yield* RemoteFile.save(beside, file).pipe(
    Effect.andThen(fs.readFileString(file)),
    Effect.map((text) => /^\s*\\?([0-9a-f]{64})(?:\s|$)/iu.exec(text)?.[1]?.toLowerCase()),
    Effect.tap(() => Effect.ignore(fs.remove(file))),
    Effect.orElseSucceed(() => undefined),
  )
})

/** Where the archive stands, and what its digest was checked against. */
export interface Archive extends RemoteFile.SavedFile {
  readonly checkedBy: "flag" | "sidecar" | "nothing"
}

const layer = Layer.mergeAll(
  HttpClientNode.layer(),
  NodeFileSystem.layer,
  NodePath.layer,
  DigestNode.layer,
  ProcessIdentityNode.layer,
)

/**
 * Fetches an archive into a directory, and goes on with what an earlier run left there. `sha256` is a digest in
 * hexadecimal, or `any`; without it the file `<archive>.sha256` beside the archive tells it.
 */
export const fetch = (url: URL, directory: string, sha256: string | undefined) =>
  Effect.gen(function* () {
    const unavailable = (reason: string, nextStep: string) => new ModelUnavailable({ url: url.href, reason, nextStep })
    const fs = yield* FileSystem.FileSystem
    yield* Effect.mapError(fs.makeDirectory(directory, { recursive: true }), (error) =>
      unavailable(
        `the directory ${directory} cannot be made (${error.message})`,
        "Set XDG_DATA_HOME to another place.",
      ),
    )
    const told = sha256 ?? (yield* fromSidecar(url, directory))
    if (told === undefined) {
      return yield* unavailable(
        "nothing tells its SHA-256",
        "Give --sha256 with the digest that the model's page names, or --sha256 any to take what comes.",
      )
    }
    const expected = told === "any" ? undefined : told
    const target = join(directory, nameOf(url))
    const saved = yield* RemoteFile.save(url, target, { sha256: expected }).pipe(
      Effect.mapError((error) => {
        switch (error._tag) {
          case "ResultCorrupt":
            return unavailable(error.reason, "Check the digest and the address; nothing was kept of it.")
          case "TargetBusy":
          case "TargetUnwritable":
            return error
          default:
            return unavailable(
              error._tag === "ConnectionFailed" ? error.reason : error.message,
              "Check the address and the network, then run the same command again: it goes on where it stopped.",
            )
        }
      }),
    )
    const checkedBy = expected === undefined ? "nothing" : sha256 === undefined ? "sidecar" : "flag"
    return { ...saved, checkedBy } satisfies Archive
  }).pipe(Effect.provide(layer))
