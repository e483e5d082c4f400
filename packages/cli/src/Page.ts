/**
 * The page that `serve --open` shows: where its files are, and how a browser comes to it.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The files are not there. */
export class PageMissing extends Data.TaggedError("PageMissing") {
  override get message(): string {
    return "The page of this installation is missing"
  }
  get nextStep(): string {
    return "Install voiceclone anew; in a clone of the repository, run: npm run voiceclone -- serve --open"
  }
}

/** Beside the built command, or where a clone builds it. */
const places = ["page/", "../../../examples/dist/"]

/** The directory with the page's files. */
export const directory: Effect.Effect<string, PageMissing> = Effect.suspend(() => {
  const found = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((place) => existsSync(`${place}index.html`))
  return found === undefined ? Effect.fail(new PageMissing()) : Effect.succeed(found)
})

/** What opens an address in the browser of choice. */
const opener = (): readonly [program: string, ...args: ReadonlyArray<string>] => {
  const chosen = process.env["BROWSER"] ?? ""
  if (chosen !== "") return [chosen]
  switch (process.platform) {
    case "darwin":
      return ["open"]
    case "win32":
      return ["rundll32", "url.dll,FileProtocolHandler"]
    default:
      return ["xdg-open"]
  }
}

/** Opens an address in a browser, which goes on by itself. Whether there is one that does. */
export const open = (url: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const [program, ...args] = opener()
    const child = spawn(program, [...args, url], { detached: true, stdio: "ignore" })
    child.on("error", () => resume(Effect.succeed(false)))
    // an opener ends soon, a browser doesn't
    const timer = setTimeout(() => resume(Effect.succeed(true)), 3000)
    child.on("exit", (code) => {
      clearTimeout(timer)
      resume(Effect.succeed(code === 0))
    })
    child.unref()
  })
