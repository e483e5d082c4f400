import { playwright } from "@vitest/browser-playwright"
import { defaultClientConditions, defaultServerConditions } from "vite"
import { defineConfig } from "vitest/config"
import type { BrowserProviderOption } from "vitest/node"
import { standalone } from "./packages/browser/test/server/standalone.ts"
import { webkit } from "./packages/browser/test/server/webkit.ts"
import { chromiumFlags, findChromium } from "./scripts/chromium.mjs"
import { findPostgres } from "./scripts/postgres.mjs"

// Sibling packages resolve to their sources, so no build stands between an edit and its test.
const source = "@voiceclone/source"
const resolve = {
  resolve: { conditions: [source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions], externalConditions: [source, "node"] } },
}

const chromium = findChromium()
/** What ran out of time may run once more, for the machine may have been busy; what found something wrong may not. */
const retry = { count: 1, condition: /timed out|in vain/iu }
/** Other browsers that are run in, where they are named. */
const firefox = process.env["FIREFOX_PATH"]
const miniBrowser = process.env["WEBKIT_PATH"]

/** The tests of what runs in a page, in one browser. */
const inBrowser = (
  name: string,
  browser: "chromium" | "firefox" | "webkit",
  testTimeout: number,
  provider: BrowserProviderOption,
) => ({
  ...resolve,
  plugins: [standalone()],
  test: {
    name,
    include: ["packages/browser/test/**/*.browser.test.ts"],
    globalSetup: ["packages/browser/test/server/globalSetup.ts"],
    setupFiles: browser === "webkit" ? ["packages/browser/test/webkit.ts"] : [],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider,
      instances: [{ browser }],
    },
    testTimeout,
    retry,
  },
})
const postgres = findPostgres()

export default defineConfig({
  ...resolve,
  test: {
    coverage: { include: ["packages/*/src/**"] },
    projects: [
      {
        ...resolve,
        test: {
          name: "node",
          include: ["packages/*/test/**/*.test.ts", "examples/test/**/*.test.ts", "apps/docs/test/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts"],
          globalSetup: ["packages/cli/test/globalSetup.ts"],
          environment: "node",
          // The tests that drive a browser or start a database find it there.
          env: {
            ...(chromium === undefined ? {} : { CHROMIUM_PATH: chromium }),
            ...(postgres === undefined ? {} : { POSTGRES_PATH: postgres }),
          },
          // Worker processes that tests or modules start natively find the sources too.
          execArgv: [`--conditions=${source}`],
          // Modules are loaded once per worker, not once per file: tests share no mutable module state.
          isolate: false,
          testTimeout: 60_000,
          retry,
        },
      },
      inBrowser(
        "browser",
        "chromium",
        15_000,
        playwright({
          launchOptions: {
            args: chromiumFlags,
            ...(chromium === undefined ? {} : { executablePath: chromium }),
          },
        }),
      ),
      ...(firefox === undefined
        ? []
        : [
            inBrowser(
              "firefox",
              "firefox",
              60_000,
              playwright({ launchOptions: { channel: "moz-firefox", executablePath: firefox } }),
            ),
          ]),
      ...(miniBrowser === undefined ? [] : [inBrowser("webkit", "webkit", 60_000, webkit(miniBrowser, playwright()))]),
    ],
  },
})
