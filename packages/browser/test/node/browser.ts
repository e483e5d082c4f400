/**
 * A real browser with a profile of its own, for the pages of `test/page`.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type BrowserContext, chromium, firefox } from "playwright"

export type Name = "chromium" | "firefox"

/** Those that are here: Firefox is where it is named. */
export const names: ReadonlyArray<Name> = [
  "chromium",
  ...(process.env["FIREFOX_PATH"] === undefined ? [] : (["firefox"] as const)),
]

export interface Browser extends AsyncDisposable {
  readonly context: () => BrowserContext
  /** Starts it anew, with the same profile. */
  readonly launch: () => Promise<void>
}

/** `preferences` are those that Chromium keeps in a profile. */
export const start = async (name: Name = "chromium", preferences?: object): Promise<Browser> => {
  const profile = await mkdtemp(join(tmpdir(), "voiceclone-profile-"))
  if (preferences !== undefined) {
    await mkdir(join(profile, "Default"))
    await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(preferences))
  }
  let context: BrowserContext
  const launch = async () => {
    context =
      name === "firefox"
        ? await firefox.launchPersistentContext(profile, {
            channel: "moz-firefox",
            executablePath: process.env["FIREFOX_PATH"]!,
          })
        : await chromium.launchPersistentContext(profile, {
            ...(process.env["CHROMIUM_PATH"] === undefined ? {} : { executablePath: process.env["CHROMIUM_PATH"] }),
            // an address that is not this machine's own, and leads here all the same
            args: ["--disable-gpu", "--host-resolver-rules=MAP *.example 127.0.0.1"],
            chromiumSandbox: false,
          })
  }
  await launch()
  return {
    context: () => context,
    launch,
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
