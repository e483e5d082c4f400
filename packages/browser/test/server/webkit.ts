/**
 * WebKit for the browser's tests: Safari's engine where there is no Safari, as WebKitGTK's MiniBrowser has it. It is
 * given the address by its command line, as its WebDriver has private windows alone.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BrowserProviderOption } from "vitest/node"

/** What Safari has, and WebKitGTK has to be asked for. */
const features = ["StorageAPI", "StorageAPIEstimate", "FileSystem", "AccessHandle", "FileSystemWritableStream"]

const open = (path: string, profile: string, url: string): ChildProcess =>
  spawn(path, [`--features=${features.join()}`, "--autoplay-policy=allow", url], {
    stdio: "ignore",
    env: {
      ...process.env,
      XDG_DATA_HOME: join(profile, "data"),
      XDG_CACHE_HOME: join(profile, "cache"),
    },
  })

/** Vitest's browser mode in it; the server of its pages is that of any other provider. */
export const webkit = (path: string, { serverFactory }: BrowserProviderOption): BrowserProviderOption => ({
  name: "webkit",
  supportedBrowser: ["webkit"],
  options: {},
  serverFactory,
  providerFactory: (project) => {
    // the frame of the tests is as large as it is
    project.browser!.registerCommand("__vitest_viewport" as never, (async () => {}) as never)
    let profile: string
    let browser: ChildProcess | undefined
    const close = async () => {
      if (browser === undefined) return
      // one that has ended by itself cannot be
      if (browser.kill()) await once(browser, "exit")
      await rm(profile, { recursive: true, force: true })
    }
    return {
      name: "webkit",
      supportsParallelism: false,
      getCommandsContext: () => ({}),
      openPage: async (_, url) => {
        await close()
        profile = await mkdtemp(join(tmpdir(), "voiceclone-webkit-"))
        browser = open(path, profile, url)
      },
      close,
    }
  },
})
